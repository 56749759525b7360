"""What a large run of `mp3tomidi-augment apply` takes: speed-up by several processes, and memory over time.

    python tests/benchmarks/many_copies.py [--samples 10000] [--copies 10] [--jobs 2] [--compared 200] [--turns 3]

Makes short samples and lets `apply` change them with the recipe chorus_reverb_filter. First `--compared` of the samples
by one process and by `--jobs`, in wall time and by turns, on an otherwise idle machine, beside what its cores give to
commands that are independent; then `--samples` by `--jobs`, with a look at /proc every second (Linux) and a line of
progress each minute. Zero leaves either part out.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000
LENGTH_S = 0.25
LOOK_EVERY_S = 1.0
TELL_EVERY_S = 60.0
TENTHS = 10
WORKER_MB = 100  # no process that has NumPy and torch loaded is smaller; multiprocessing's own are


def write_samples(folder: Path, samples: int) -> Path:
    """Decaying noise, a quarter of a second each, in ten classes."""
    rng = np.random.default_rng(1)
    for number in range(samples):
        place = folder / f"class{number % 10}"
        place.mkdir(parents=True, exist_ok=True)
        decay = np.exp(-np.arange(round(LENGTH_S * RATE)) / 1000.0)
        soundfile.write(place / f"{number:05d}.wav", 0.2 * rng.normal(size=len(decay)) * decay, RATE)
    return folder


def start_apply(folder: Path, out: Path, copies: int, jobs: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "mp3tomidi.augment.cli", "apply", folder, out, "-q", "--copies", copies, "-j", jobs]
    return subprocess.Popen(list(map(str, words)))


def check(running: subprocess.Popen[bytes], out: Path, copies: int) -> None:
    made = sum(path.suffix == ".wav" for path in out.rglob("*"))
    if running.returncode or made != copies:
        raise SystemExit(f"apply ended with status {running.returncode} and {made} of {copies} copies")


def wall_s(folder: Path, outs: Sequence[Path], copies: int, jobs: int) -> float:
    """Seconds of commands that run at once, one for each place, from their start to the end of the last."""
    start_s = time.monotonic()
    running = [start_apply(folder, out, copies, jobs) for out in outs]
    for command in running:
        command.wait()
    took_s = time.monotonic() - start_s
    for command, out in zip(running, outs, strict=True):
        check(command, out, copies * sum(path.is_file() for path in folder.rglob("*")))
        shutil.rmtree(out)
    return took_s


def compare(folder: Path, copies: int, jobs: int, turns: int) -> None:
    """One process and several by turns, and what the machine has: as many commands of one process each, at once."""
    out, alone, shared, independent = folder.with_name("out"), [], [], []
    for _ in range(turns):
        alone.append(wall_s(folder, [out], copies, 1))
        shared.append(wall_s(folder, [out], copies, jobs))
        independent.append(wall_s(folder, [out.with_name(f"out{n}") for n in range(jobs)], copies, 1))
    alone_s, shared_s, independent_s = (statistics.median(times) for times in (alone, shared, independent))
    made = copies * sum(path.is_file() for path in folder.rglob("*"))
    print(
        f"{made} copies, wall time, medians of {turns}: one process {alone_s:.1f} s, {jobs} {shared_s:.1f} s",
        flush=True,
    )
    print(
        f"  {alone_s / shared_s:.2f} times as fast, start and end included; {jobs} commands that know nothing of each"
    )
    print(
        f"  other, {independent_s:.1f} s for {jobs} times the work, would be {jobs * alone_s / independent_s:.2f}",
        flush=True,
    )


def resident_mb(pid: int) -> float:
    """0 for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024.0 for line in lines if line.startswith("VmRSS"))


def children(pid: int) -> Iterator[int]:
    try:
        yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    except OSError:
        return


def line_count(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def memory_over_time(folder: Path, out: Path, samples: int, copies: int, jobs: int) -> None:
    start_s = time.monotonic()
    told_s, leader, workers = start_s, [0.0], dict[int, list[float]]()
    with start_apply(folder, out, copies, jobs) as running:
        while running.poll() is None:
            leader.append(resident_mb(running.pid))
            for pid in children(running.pid):
                workers.setdefault(pid, []).append(resident_mb(pid))
            if time.monotonic() - told_s > TELL_EVERY_S:
                told_s = time.monotonic()
                made = line_count(out / "manifest.jsonl")
                now = ", ".join(f"{memory[-1]:.0f}" for memory in workers.values() if memory[-1] > WORKER_MB)
                print(
                    f"{told_s - start_s:.0f} s: {made} copies; MB: leader {leader[-1]:.0f}, workers {now}", flush=True
                )
            time.sleep(LOOK_EVERY_S)
    check(running, out, samples * copies)
    print(
        f"{samples * copies} copies by {jobs} processes in {time.monotonic() - start_s:.0f} s; most MB in each tenth:"
    )
    working = [memory for memory in workers.values() if max(memory) > WORKER_MB]
    for name, memory in [("leader", leader), *((f"worker {n}", memory) for n, memory in enumerate(working, start=1))]:
        tenths = [f"{part.max():.0f}" for part in np.array_split(np.array(memory), TENTHS) if len(part)]
        print(f"  {name}: {' '.join(tenths)}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed-up and memory of large runs of apply.")
    parser.add_argument("--samples", type=int, default=10_000, help="of which memory is looked at")
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--compared", type=int, default=200, help="samples by one process and by several")
    parser.add_argument("--turns", type=int, default=3, help="of that comparison")
    options = parser.parse_args()
    copies, jobs = options.copies, options.jobs
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if options.compared:
            compare(write_samples(folder / "few", options.compared), copies, jobs, options.turns)
        if options.samples:
            many = write_samples(folder / "many", options.samples)
            memory_over_time(many, folder / "out", options.samples, copies, jobs)


if __name__ == "__main__":
    main()
