"""What `mp3tomidi --ray` costs beside `--jobs`, what it loses to dying workers, and what its driver holds.

    python tests/benchmarks/cluster.py speed [--files 200] [--seconds 60] [--workers 4]
    python tests/benchmarks/cluster.py losses [--files 1000] [--every 5] [--workers 4]
    python tests/benchmarks/cluster.py memory [--files 100000] [--workers 2]

`speed`: the same recordings by `--jobs` and on a Ray cluster of this machine, in wall time, from the start of each
command to its end, and from its first result to its last. `losses`: a tenth of the recordings is broken and a worker
is killed every few seconds; all others must be there, none twice, and the manifest must name the broken ones.
`memory`: the driver's resident memory while it gives out very many very short recordings. Linux only (/proc); needs
the extra `ray`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from mp3tomidi.transcribe.audio.reading import read

SONG = Path(__file__).parents[2] / "examples" / "song.mp3"
RATE = 22_050
SHORT_S = 1.0  # recordings of `losses`
TINY_S = 0.1  # of `memory`
LOOK_EVERY_S = 0.5
TELL_EVERY_S = 60.0
ACTOR = b"ray::_Actor"
TENTHS = 10


def write_recordings(folder: Path, files: int, seconds: float) -> None:
    """Excerpts of the example song from different places, with its start joined to its end where they are longer."""
    folder.mkdir()
    song = np.atleast_2d(read(SONG, sample_rate=RATE).samples).mean(axis=0)
    frames = round(seconds * RATE)
    looped = np.resize(song, len(song) + frames)
    for number in range(files):
        first = number * 7919 % len(song)
        soundfile.write(folder / f"{number:06d}.wav", looped[first : first + frames], RATE)


def start(folder: Path, out: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from mp3tomidi.transcribe.program.entry import main; main()"]
    with (out.parent / f"{out.name}.log").open("wb") as log:
        return subprocess.Popen([*command, str(folder), "-o", str(out), *words], stdout=log, stderr=log)


def watched(running: subprocess.Popen[bytes], look: Callable[[float], None]) -> float:
    """Looks now and then while a command runs; seconds until its end."""
    start_s = time.monotonic()
    while running.poll() is None:
        look(time.monotonic() - start_s)
        time.sleep(LOOK_EVERY_S)
    return time.monotonic() - start_s


def timed(folder: Path, out: Path, files: int, *words: str) -> tuple[float, float]:
    """Seconds of all, and between the first result and the last."""
    first_s = 0.0

    def look(now_s: float) -> None:
        nonlocal first_s
        if not first_s and any(out.glob("*.mid")):
            first_s = now_s

    took_s = watched(start(folder, out, *words), look)
    made = sorted(path.stat().st_mtime for path in out.glob("*.mid"))
    if len(made) != files:
        raise SystemExit(f"{out}: {len(made)} of {files} recordings; see {out}.log")
    return took_s, made[-1] - made[0]


def speed(folder: Path, files: int, seconds: float, workers: int) -> None:
    write_recordings(folder / "in", files, seconds)
    print(f"{files} recordings of {seconds:g} s, {os.cpu_count()} cores")
    found = {}
    for name, words in (
        (f"--jobs {workers}", ("--jobs", str(workers))),
        (f"--ray auto --jobs {workers}", ("--ray", "auto", "--jobs", str(workers))),
    ):
        found[name] = timed(folder / "in", folder / f"out{len(found)}", files, *words)
        all_s, results_s = found[name]
        print(f"  {name}: {all_s:.1f} s, {results_s:.1f} s from the first result to the last", flush=True)
    (jobs_s, jobs_results_s), (ray_s, ray_results_s) = found.values()
    more, more_between = 100 * (ray_s / jobs_s - 1), 100 * (ray_results_s / jobs_results_s - 1)
    print(f"  Ray takes {more:+.1f} % of all; {more_between:+.1f} % from the first result to the last")


def actors(root: int) -> list[int]:
    """The processes below `root` in which Ray's actors live."""
    parents, found = {}, []
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                parents[int(place.name)] = int((place / "stat").read_text().rpartition(")")[2].split()[1])
                if (place / "cmdline").read_bytes().startswith(ACTOR):
                    found.append(int(place.name))
            except OSError:  # it has just ended
                continue

    def is_below(pid: int) -> bool:
        while pid > 1 and pid != root:
            pid = parents.get(pid, 0)
        return pid == root

    return sorted(pid for pid in found if is_below(pid))


def losses(folder: Path, files: int, every_s: float, workers: int) -> None:
    write_recordings(folder / "in", files, SHORT_S)
    broken = {path.name for path in sorted((folder / "in").iterdir())[::10]}
    for name in broken:
        (folder / "in" / name).write_bytes(b"RIFF, but no more")
    running, out = start(folder / "in", folder / "out", "--ray", "auto", "--jobs", str(workers)), folder / "out"
    killed, killed_s = 0, 0.0

    def look(now_s: float) -> None:
        nonlocal killed, killed_s
        there = actors(running.pid)
        if there and now_s - killed_s > every_s:
            os.kill(there[killed % len(there)], signal.SIGKILL)
            killed, killed_s = killed + 1, now_s

    took_s = watched(running, look)
    rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    named = {Path(row["source"]).name for row in rows if row["status"] == "failed"}
    results = {path.stem for path in out.glob("*.mid")}
    good = {path.stem for path in (folder / "in").iterdir() if path.name not in broken}
    print(f"{files} recordings, {len(broken)} broken, {killed} workers killed, {took_s:.0f} s")
    print(f"  results: {len(results & good)} of {len(good)}; beside these: {len(results - good)}")
    print(f"  rows of the manifest: {len(rows)}, of different recordings {len({row['source'] for row in rows})}")
    print(f"  named as failed: {len(named & broken)} of {len(broken)} broken ones; beside these: {len(named - broken)}")


def resident_mb(pid: int) -> Iterator[float]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return
    yield from (int(line.split()[1]) / 1024.0 for line in lines if line.startswith("VmRSS"))


def memory(folder: Path, files: int, workers: int) -> None:
    write_recordings(folder / "one", 1, TINY_S)
    (folder / "in").mkdir()
    (one,) = (folder / "one").iterdir()
    for number in range(files):
        place = folder / "in" / f"{number // 1000:03d}" / f"{number:06d}.wav"
        if not number % 1000:  # a file can have some ten thousand links only
            place.parent.mkdir()
            one = Path(shutil.copy(one, place))
        else:
            os.link(one, place)
    out = folder / "out"
    running, seen, told_s = start(folder / "in", out, "--ray", "auto", "--jobs", str(workers)), [0.0], 0.0

    def look(now_s: float) -> None:
        nonlocal told_s
        seen.extend(resident_mb(running.pid))
        if now_s - told_s > TELL_EVERY_S:
            told_s = now_s
            done = (out / "manifest.jsonl").read_bytes().count(b"\n") if (out / "manifest.jsonl").exists() else 0
            print(f"{now_s:.0f} s: {done} done, {seen[-1]:.0f} MB", flush=True)

    took_s = watched(running, look)
    done = (out / "manifest.jsonl").read_bytes().count(b"\n")
    tenths = " ".join(f"{part.max():.0f}" for part in np.array_split(np.array(seen), TENTHS) if len(part))
    print(f"{done} of {files} recordings of {TINY_S:g} s in {took_s:.0f} s; most MB of the driver in each tenth:")
    print(f"  {tenths}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed, losses and memory of mp3tomidi --ray on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, files, workers in (("speed", 200, 4), ("losses", 1000, 4), ("memory", 100_000, 2)):
        command = commands.add_parser(name)
        command.add_argument("--files", type=int, default=files)
        command.add_argument("--workers", type=int, default=workers)
    commands.choices["speed"].add_argument("--seconds", type=float, default=60.0)
    commands.choices["losses"].add_argument("--every", type=float, default=5.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if options.command == "speed":
            speed(folder, options.files, options.seconds, options.workers)
        elif options.command == "losses":
            losses(folder, options.files, options.every, options.workers)
        else:
            memory(folder, options.files, options.workers)


if __name__ == "__main__":
    main()
