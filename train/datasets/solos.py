"""Solos put together from single recorded notes of a library that no network was taught on: one instrument each."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import PROGRAMS

_NOTE_S = (0.3, 1.5)  # from onset to onset
_FADE_S = 0.05
_REST_SHARE = 0.15
_PEAK = 0.5
_LEAP = 5  # rows of the list of notes, which is in the order of their pitches, from one note to the next at most


@dataclass(frozen=True)
class Solo:
    instrument: str
    program: int  # General MIDI, 0-based
    family: str
    sound: Audio


def solos(folder: Path, *, per_instrument: int, seconds: float, seed: int) -> Iterator[Solo]:
    """Solos on each instrument of a folder of notes (manifest.tsv, as ../augment/sources/sample_folders.py reads it).

    Raises LabelsError where there is no manifest.
    """
    manifest = folder / "manifest.tsv"
    if not manifest.is_file():
        raise LabelsError(f"{manifest}: missing; name a folder of single notes with its list")
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    by_instrument: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        if int(row["gm_program(0-based)"]) in PROGRAMS:
            by_instrument.setdefault(row["instrument"], []).append(row)
    for number, (instrument, found) in enumerate(sorted(by_instrument.items())):
        found.sort(key=lambda row: int(row["midi_pitch"]))
        notes = [soundfile.read(folder / row["file"], dtype="float32") for row in found]
        rate = notes[0][1]
        if any(other != rate for _, other in notes):
            raise LabelsError(f"{folder / instrument}: notes of different sample rates")
        program = int(found[0]["gm_program(0-based)"])
        for index in range(per_instrument):
            rng = np.random.default_rng([seed, number, index])
            sound = _melody([note for note, _ in notes], rate, seconds, rng)
            yield Solo(instrument, program, PROGRAMS[program].family, Audio(sound, rate))


def _melody(
    notes: list[NDArray[np.float32]], rate: int, seconds: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Notes one after the other, each from its beginning, up and down by small steps."""
    melody = np.zeros(round(seconds * rate), np.float32)
    place, at = int(rng.integers(len(notes))), 0
    while at < len(melody):
        length = round(float(np.exp(rng.uniform(*np.log(_NOTE_S)))) * rate)
        if at == 0 or rng.random() >= _REST_SHARE:
            note = notes[place][: min(length, len(melody) - at)].copy()
            fade = min(len(note), round(_FADE_S * rate))
            note[len(note) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
            melody[at : at + len(note)] = note / max(float(np.abs(note).max(initial=0.0)), 1e-6)
        place = int(np.clip(place + rng.integers(-_LEAP, _LEAP + 1), 0, len(notes) - 1))
        at += length
    return melody * np.float32(_PEAK)
