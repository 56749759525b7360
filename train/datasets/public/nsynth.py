"""NSynth (Engel et al. 2017): 300,000 single notes of 1,006 instruments, from commercial sample libraries.

Licence: CC BY 4.0. Split: official, by folder (train, valid, test; no instrument of train is in the others). mirdata
has no loader for it. Layout:

    nsynth-train/examples.json    nsynth-train/audio/NAME.wav    nsynth-valid/...    nsynth-test/...

Each note is struck at 0 s and let go at 3 s. Its class is its family (bass, brass, flute, guitar, keyboard, mallet,
organ, reed, string, synth_lead, vocal).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.datasets.public.checked import checked_notes
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there, leave_out
from mp3tomidi.train.datasets.public.tables import read_json
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

HELD_S = 3.0  # of the 4 s of a file
PROGRAM_OF_FAMILY = {
    "bass": 33,
    "brass": 61,
    "flute": 73,
    "guitar": 25,
    "keyboard": 0,
    "mallet": 12,
    "organ": 16,
    "reed": 66,
    "string": 48,
    "synth_lead": 81,
    "vocal": 52,
}


def read(folder: Path) -> Iterator[Recording]:
    """The notes of the set. Raises LabelsError where it has no examples.json, or one that is damaged."""
    found = False
    for split in ("train", "valid", "test"):
        part = found_folder(folder) / f"nsynth-{split}"
        if not part.is_dir():
            continue
        found = True
        table = part / "examples.json"
        for name, example in read_json(table).items():
            sound = part / "audio" / f"{name}.wav"
            if not is_there(sound):
                continue
            try:
                family, row = _described(example)
            except (KeyError, TypeError, ValueError) as error:
                leave_out(sound, f"{table} does not say what it is ({error!r})")
                continue
            notes = partial(_note, sound, row, PROGRAM_OF_FAMILY[family])
            yield Recording(name, "nsynth", sound, notes, classes=(family,), split=split)
    if not found:
        raise LabelsError(f"{folder}: none of nsynth-train, nsynth-valid, nsynth-test in it; name their folder")


def _described(example: dict[str, Any]) -> tuple[str, tuple[float, float, float, float]]:
    """Family, and row of the note. Raises KeyError, TypeError and ValueError for what is not of NSynth."""
    family = str(example["instrument_family_str"])
    if family not in PROGRAM_OF_FAMILY:
        raise ValueError(f"there is no family {family}")
    return family, (0.0, HELD_S, float(example["pitch"]), float(example["velocity"]))


def _note(sound: Path, row: tuple[float, float, float, float], program: int) -> NDArray[np.void]:
    return checked_notes(sound, np.array([row]), program)
