"""How much of the sung time of recordings of a voice alone the notes cover.

    python tests/benchmarks/sung_time.py FILE_OR_FOLDER ... [--model fast best]

Sung is what the pitch tracker pYIN (Mauch and Dixon 2014, librosa's) calls voiced from 65 to 1,000 Hz; printed are each
recording's share and the mean.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.audio.reading import AUDIO_SUFFIXES
from mp3tomidi.transcribe.events import Note

RATE_HZ = 22_050
HOP_SAMPLES = 256
LOWEST_HZ, HIGHEST_HZ = 65.0, 1000.0


def voiced(path: Path) -> NDArray[np.bool_]:
    """Whether a voice sounds with a pitch [frames of HOP_SAMPLES]."""
    samples, _ = librosa.load(path, sr=RATE_HZ)
    return np.asarray(librosa.pyin(samples, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, sr=RATE_HZ, hop_length=HOP_SAMPLES)[1])


def covered(notes: list[Note], frames: int) -> NDArray[np.bool_]:
    """Whether a note sounds [frames of HOP_SAMPLES]."""
    result = np.zeros(frames, np.bool_)
    for note in notes:
        first, end = (round(time_s * RATE_HZ / HOP_SAMPLES) for time_s in (note.onset_s, note.offset_s))
        result[first:end] = True
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="How much of the sung time the notes cover.")
    parser.add_argument("places", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument("--model", nargs="+", default=["fast", "best"])
    options = parser.parse_args()
    found = (sorted(place.iterdir()) if place.is_dir() else [place] for place in options.places)
    files = [path for paths in found for path in paths if path.suffix in AUDIO_SUFFIXES]
    transcribers = [Transcriber(model=model, drums=False) for model in options.model]
    shares = []
    for path in files:
        sung = voiced(path)
        notes = [transcriber.transcribe(path).notes for transcriber in transcribers]
        shares.append([covered(list(found), len(sung))[sung].mean() for found in notes])
        print(path.name, " ".join(f"{share:.2f}" for share in shares[-1]), flush=True)
    print(
        "mean", " ".join(f"{model} {share:.3f}" for model, share in zip(options.model, np.mean(shares, 0), strict=True))
    )


if __name__ == "__main__":
    main()
