"""What a change of level, a lossy file or a detuned recording costs.

    python tests/benchmarks/robustness.py FOLDER [SET ...]

FOLDER holds labelled recordings as for `mp3tomidi-train evaluate`. Every recording is transcribed as it is, 30 dB
softer, from a 128 kbit/s mp3, and played 40 cents sharp and flat (faster and slower, the times scaled back). Printed
is the onset F1 of each set, and what each change costs.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from mp3tomidi.train.evaluation.evaluate import evaluate
from mp3tomidi.transcribe import Audio, Transcriber, Transcription
from mp3tomidi.transcribe.audio.reading import read

Hear = Callable[[Path], Transcription]


def softer(transcriber: Transcriber) -> Hear:
    def hear(path: Path) -> Transcription:
        audio = read(path)
        return transcriber.transcribe(Audio(audio.samples * np.float32(10 ** (-30 / 20)), audio.sample_rate))

    return hear


def lossy(transcriber: Transcriber) -> Hear:
    def hear(path: Path) -> Transcription:
        audio = read(path)
        with tempfile.TemporaryDirectory() as folder:
            plain, coded = Path(folder, "plain.wav"), Path(folder, "coded.mp3")
            soundfile.write(plain, audio.samples.T, audio.sample_rate, subtype="PCM_24")
            subprocess.run(["ffmpeg", "-v", "error", "-i", plain, "-b:a", "128k", coded], check=True)
            return transcriber.transcribe(coded)

    return hear


def detuned(transcriber: Transcriber, cents: float) -> Hear:
    def hear(path: Path) -> Transcription:
        audio = read(path, sample_rate=48_000)
        speed = 2 ** (cents / 1200)
        heard = transcriber.transcribe(Audio(audio.samples, round(48_000 * speed)))
        return replace(
            heard,
            notes=tuple(replace(n, onset_s=n.onset_s * speed, offset_s=n.offset_s * speed) for n in heard.notes),
            duration_s=heard.duration_s * speed,
        )

    return hear


def main() -> None:
    parser = argparse.ArgumentParser(description="What level, a lossy file and tuning cost.")
    parser.add_argument("folder", type=Path, help="folder of sets of labelled recordings")
    parser.add_argument("sets", nargs="*", help="sets to measure (default: all with note labels)")
    options = parser.parse_args()
    folder: Path = options.folder
    if not folder.is_dir():
        parser.error(f"{folder} is not a folder")
    transcriber = Transcriber(drums=False)
    ways: dict[str, Hear] = {
        "as it is": transcriber.transcribe,
        "-30 dB": softer(transcriber),
        "128 kbit/s": lossy(transcriber),
        "+40 cents": detuned(transcriber, 40),
        "-40 cents": detuned(transcriber, -40),
    }
    names = options.sets or sorted(path.name for path in folder.iterdir() if any(path.glob("*.notes.tsv")))
    print(f"{'onset F1':<16}" + "".join(f"{way:>18}" for way in ways))
    for name in names:
        figures = [evaluate(folder / name, hear).mean("On") for hear in ways.values()]
        costs = [f"{figure:.3f} ({figure - figures[0]:+.3f})" for figure in figures]
        print(f"{name:<16}" + "".join(f"{cost:>18}" for cost in costs), flush=True)


if __name__ == "__main__":
    main()
