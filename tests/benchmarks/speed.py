"""How long the whole command takes, against Basic Pitch's, and where the time goes.

    python tests/benchmarks/speed.py FILE_OR_FOLDER ... [--basic-pitch PATH/TO/bin/basic-pitch] [--runs 3]

Both commands transcribe all the recordings to MIDI files in one start, by turns, so that a busy machine slows both
alike; printed are the median of the runs and their ratio. Basic Pitch goes into an environment of its own:

    python3.11 -m venv bp && bp/bin/pip install "basic-pitch[onnx]==0.4.0"
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import AUDIO_SUFFIXES
from mp3tomidi.transcribe.networks.listener import Listener
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.outputs import midi
from mp3tomidi.transcribe.survey import survey
from mp3tomidi.transcribe.transcriber import Heard


def took_s(command: list[str | Path]) -> float:
    start_s = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start_s


def parts_s(files: list[Path]) -> dict[str, float]:
    """Seconds in each part of the way, in this process."""
    parts: dict[str, float] = defaultdict(float)
    last_s = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal last_s
        now_s = time.perf_counter()
        parts[name] += now_s - last_s
        last_s = now_s

    transcriber = Transcriber()
    listener: Listener = transcriber.listener
    lap("loading the networks")
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            samples = np.concatenate(list(MonoSound.of_file(file, transcriber.sample_rate).blocks()))
            lap("decoding")
            surveyed = survey([samples], listener.settings)
            lap("survey of level and tuning")
            activations, _ = listener.listen(samples)
            lap("spectrograms and network (and once more the survey)")
            candidates = find_candidates(activations)
            probability = transcriber.judge.probabilities(activations, candidates)
            lap("judge")
            heard = Heard(activations, candidates, probability, surveyed.tuning_cents, len(samples) / 16_000)
            transcription = transcriber.decide(heard, transcriber.thresholds)
            lap("notes and tempo")
            midi.write(transcription, Path(folder, "song.mid"))
            lap("writing")
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the whole command takes, and where the time goes.")
    parser.add_argument("inputs", nargs="+", type=Path)
    parser.add_argument("--basic-pitch", type=Path, metavar="COMMAND")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    files = [
        file
        for path in options.inputs
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.suffix in AUDIO_SUFFIXES
    ]
    program = Path(sys.executable).with_name("mp3tomidi")
    ours, theirs = [], []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(took_s([program, "-q", *files, "-o", folder]))
        if options.basic_pitch:
            with tempfile.TemporaryDirectory() as folder:
                theirs.append(took_s([options.basic_pitch, folder, *files]))
    parts = parts_s(files)
    sound_s = sum(sum(map(len, MonoSound.of_file(file, 16_000).blocks())) / 16_000 for file in files)
    mine_s = statistics.median(ours)
    print(f"{len(files)} recordings, {sound_s:.0f} s of sound")
    print(f"mp3tomidi    {mine_s:7.2f} s, {sound_s / mine_s:6.0f} times real time")
    if theirs:
        other_s = statistics.median(theirs)
        print(f"Basic Pitch  {other_s:7.2f} s, {sound_s / other_s:6.0f} times real time; ratio {mine_s / other_s:.2f}")
    for name, seconds in parts.items():
        print(f"  {seconds:7.2f} s  {name}")


if __name__ == "__main__":
    main()
