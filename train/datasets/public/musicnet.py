"""MusicNet (Thickstun et al. 2017): 34 h of classical music, its notes aligned to recordings by computer.

Licence: CC BY 4.0 (the recordings: Creative Commons or public domain, each its own). Split: official, by folder (train,
test). mirdata has no loader for it. Layout:

    musicnet/train_data/1727.wav    train_labels/1727.csv    test_data/...    test_labels/...

Onsets are those of the alignment: some are a tenth of a second off. Velocities are not labelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.datasets.public.checked import checked_notes
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.tables import read_csv
from mp3tomidi.train.datasets.recordings import UNKNOWN_PROGRAM, Recording
from mp3tomidi.transcribe.errors import LabelsError

LABEL_RATE_HZ = 44_100  # in whose samples times are counted
_COLUMNS = ("start_time", "end_time", "instrument", "note")


def read(folder: Path) -> Iterator[Recording]:
    """The recordings of the set. Raises LabelsError where there are no labels."""
    folder = found_folder(folder, "musicnet")
    labels = [(split, path) for split in ("train", "test") for path in sorted((folder / f"{split}_labels").glob("*"))]
    if not labels:
        raise LabelsError(f"{folder}: no train_labels or test_labels in it; name the folder that holds them")
    for split, path in labels:
        sound = folder / f"{split}_data" / f"{path.stem}.wav"
        if path.suffix == ".csv" and is_there(sound) and is_there(path):
            yield Recording(path.stem, "musicnet", sound, partial(_notes, path), split=split)


def _notes(path: Path) -> NDArray[np.void]:
    table = read_csv(path, _COLUMNS)
    try:
        rows = np.array([[float(row[name]) for name in _COLUMNS] for row in table]).reshape(-1, len(_COLUMNS))
    except ValueError as error:
        raise LabelsError(f"{path}: a row that holds what is no number ({error})") from error
    order = np.argsort(rows[:, 0], kind="stable")
    start_s, end_s, instrument, pitch = rows[order].T
    times_and_pitch = [start_s / LABEL_RATE_HZ, end_s / LABEL_RATE_HZ, pitch, np.zeros(len(rows))]
    notes = checked_notes(path, np.column_stack(times_and_pitch), UNKNOWN_PROGRAM)
    notes["program"] = instrument - 1  # General MIDI, counted from 1 there
    return notes
