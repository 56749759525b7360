"""How long the whole command takes, against Basic Pitch's, and where the time goes.

    python tests/benchmarks/speed.py FILE_OR_FOLDER ... [--basic-pitch PATH/TO/bin/basic-pitch] [--runs 3]

Both commands transcribe all the recordings to MIDI files in one start, by turns, so that a busy machine slows both
alike; printed are the medians of the runs, of the time that passed and of what the processors worked, and their ratios.
Then the parts of the way, each by itself in one thread. Basic Pitch goes into an environment of its own:

    python3.11 -m venv bp && bp/bin/pip install "basic-pitch[onnx]==0.4.0"
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

# One thread each, so that the parts add up; before NumPy is loaded.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np

from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import AUDIO_SUFFIXES
from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd
from mp3tomidi.transcribe.front_end.survey import survey
from mp3tomidi.transcribe.networks.registry import DRUM_NET
from mp3tomidi.transcribe.networks.weight_files import shipped_folder
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.notes.features import NoteFeatures
from mp3tomidi.transcribe.outputs import midi
from mp3tomidi.transcribe.transcriber import Analysis

_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}


@dataclass(frozen=True)
class Cost:
    """Of a command: seconds that passed, and seconds that processors worked."""

    wall_s: float
    cpu_s: float


def cost(command: list[str | Path]) -> Cost:
    def cpu_s() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    start_s, before_s = time.perf_counter(), cpu_s()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_ENVIRONMENT)
    return Cost(time.perf_counter() - start_s, cpu_s() - before_s)


def median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(one.wall_s for one in costs), statistics.median(one.cpu_s for one in costs))


def parts_s(files: list[Path], drums: bool) -> dict[str, float]:
    """Seconds that this process works in each part of the way."""
    parts: dict[str, float] = defaultdict(float)
    last_s = time.process_time()

    def lap(name: str) -> None:
        nonlocal last_s
        now_s = time.process_time()
        parts[name] += now_s - last_s
        last_s = now_s

    transcriber = Transcriber(drums=drums)
    network = transcriber.network
    lap("loading the networks")
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            samples = np.concatenate(list(MonoSound.of_file(file, transcriber.sample_rate).blocks()))
            lap("decoding")
            surveyed = survey([samples], network.settings)
            lap("survey of level and tuning")
            LogFrequencyFrontEnd(network.settings, tuning_cents=surveyed.tuning_cents)(samples)
            lap("spectrograms")
            activations, _ = network.activations(samples)
            lap("network")
            candidates = find_candidates(activations)
            probability = transcriber.judge.probabilities(NoteFeatures(activations, candidates))
            lap("judge")
            heard_drums = transcriber.drums.analyse(MonoSound.of(samples)) if transcriber.drums is not None else None
            lap("drums")
            duration_s = len(samples) / transcriber.sample_rate
            heard = Analysis(activations, candidates, probability, surveyed.tuning_cents, duration_s, heard_drums)
            transcription = transcriber.decode(heard, transcriber.thresholds)
            lap("notes and tempo")
            midi.write(transcription, Path(folder, "song.mid"))
            lap("writing")
    # To listen takes in the two parts before it.
    parts["network"] -= parts["survey of level and tuning"] + parts["spectrograms"]
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the whole command takes, and where the time goes.")
    parser.add_argument("inputs", nargs="+", type=Path)
    parser.add_argument("--basic-pitch", type=Path, metavar="COMMAND")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-drums", action="store_true", help="notes only, which is what Basic Pitch hears")
    options = parser.parse_args()
    files = [
        file
        for path in options.inputs
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.suffix in AUDIO_SUFFIXES
    ]
    program = Path(sys.executable).with_name("mp3tomidi")
    only = ["--no-drums"] if options.no_drums else []
    drums = not options.no_drums and (shipped_folder() / f"{DRUM_NET.name}.json").exists()
    ours, theirs = [], []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(cost([program, "-q", *only, *files, "-o", folder]))
        if options.basic_pitch:
            with tempfile.TemporaryDirectory() as folder:
                theirs.append(cost([options.basic_pitch, folder, *files]))
    sound_s = sum(sum(map(len, MonoSound.of_file(file, 16_000).blocks())) / 16_000 for file in files)
    mine = median(ours)
    print(f"{len(files)} recordings, {sound_s:.0f} s of sound")
    print(f"mp3tomidi    {mine.wall_s:6.2f} s, processors {mine.cpu_s:6.2f} s; {sound_s / mine.wall_s:.0f} x real time")
    if theirs:
        other = median(theirs)
        print(f"Basic Pitch  {other.wall_s:6.2f} s, processors {other.cpu_s:6.2f} s", end="; ")
        print(f"ratio {mine.wall_s / other.wall_s:.2f}, processors {mine.cpu_s / other.cpu_s:.2f}")
    for name, seconds in parts_s(files, drums).items():
        print(f"  {seconds:6.2f} s  {name}")


if __name__ == "__main__":
    main()
