"""What a large run of `mp3tomidi-augment apply` takes: memory over time, and how its work is shared by processes.

    python tests/benchmarks/many_copies.py [--samples 10000] [--copies 10] [--jobs 2] [--alone 500]

Makes short samples, lets `apply` change them with the recipe chorus_reverb_filter, and looks at /proc every second
(Linux). First `--alone` of the samples with one process, then all with `--jobs`. Processor time is counted besides
wall time, since it says on a busy machine what an idle one would do: the work of one process, divided by that of the
busiest of several, is the speed-up on as many free cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000
LENGTH_S = 0.25
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
TENTHS = 10


@dataclass
class Process:
    """What was seen of a process: its processor time, and its resident memory each second."""

    cpu_s: float = 0.0
    memory_mb: list[float] = field(default_factory=list)

    def look(self, pid: int) -> None:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:  # it has just ended
            return
        self.cpu_s = (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
        memory = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
        self.memory_mb += [int(kilobytes) / 1024.0 for kilobytes in memory]


def write_samples(folder: Path, samples: int) -> None:
    rng = np.random.default_rng(1)
    for number in range(samples):
        place = folder / f"class{number % 10}"
        place.mkdir(parents=True, exist_ok=True)
        decay = np.exp(-np.arange(round(LENGTH_S * RATE)) / 1000.0)
        soundfile.write(place / f"{number:05d}.wav", 0.2 * rng.normal(size=len(decay)) * decay, RATE)


def apply(folder: Path, out: Path, copies: int, jobs: int) -> tuple[float, Process, list[Process]]:
    """Seconds, the process that leads, and those that work, the leader among them where there is only one."""
    words = [sys.executable, "-m", "mp3tomidi.augment.cli", "apply", folder, out, "-q", "--copies", copies, "-j", jobs]
    start_s = time.monotonic()
    leader, workers = Process(), dict[int, Process]()
    with subprocess.Popen(list(map(str, words))) as running:
        while running.poll() is None:
            leader.look(running.pid)
            try:
                children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
            except OSError:
                children = []
            for pid in map(int, children):
                workers.setdefault(pid, Process()).look(pid)
            time.sleep(1.0)
    if running.returncode:
        raise SystemExit(f"apply failed with status {running.returncode}")
    # besides the workers there is a process of multiprocessing that hardly does anything
    working = [worker for worker in workers.values() if worker.cpu_s > 1.0] if jobs > 1 else [leader]
    return time.monotonic() - start_s, leader, working


def main() -> None:
    parser = argparse.ArgumentParser(description="Memory and share of work of a large run of apply.")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--alone", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        few = (options.alone // 10, options.alone)
        cpu_s = []
        for samples in few:
            write_samples(folder / f"few{samples}", samples)
            took_s, alone, _ = apply(folder / f"few{samples}", folder / f"alone{samples}", options.copies, 1)
            cpu_s.append(alone.cpu_s)
        copy_s = (cpu_s[1] - cpu_s[0]) / ((few[1] - few[0]) * options.copies)
        starting_s = cpu_s[1] - copy_s * few[1] * options.copies
        print(
            f"one process: {few[1] * options.copies} copies in {took_s:.0f} s; "
            f"{1000 * copy_s:.2f} ms of processor each, {starting_s:.1f} s to start"
        )
        write_samples(folder / "many", options.samples)
        took_s, leader, workers = apply(folder / "many", folder / "out", options.copies, options.jobs)
        copies = options.samples * options.copies
        made = sum(path.suffix == ".wav" for path in (folder / "out").rglob("*"))
        print(f"{options.jobs} processes: {made} of {copies} copies in {took_s:.0f} s")
        for number, worker in enumerate(workers, start=1):
            tenths = [f"{part.max():.0f}" for part in np.array_split(np.array(worker.memory_mb), TENTHS) if len(part)]
            print(f"  worker {number}: {worker.cpu_s:.1f} s of processor; MB over time: {' '.join(tenths)}")
        print(f"  leader: {leader.cpu_s:.1f} s of processor, {max(leader.memory_mb):.0f} MB at most")
        busiest_s = max(leader.cpu_s, *(worker.cpu_s for worker in workers))
        speed_up = (starting_s + copy_s * copies) / busiest_s
        print(f"  on {options.jobs} free cores {speed_up:.2f} times as fast as one process")


if __name__ == "__main__":
    main()
