"""vocadito (Bittner et al. 2021): 40 excerpts of people singing alone, in seven languages, on all kinds of devices.

Licence: CC BY 4.0. Split: none. Two people wrote down the notes: the first one's are read. Layout, as mirdata's:

    Audio/vocadito_1.wav    Annotations/Notes/vocadito_1_notesA1.csv

Pitches are of any fraction; velocities are not labelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.datasets.public.checked import checked_notes
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.mirdata_index import open_mirdata, read_annotation, tracks_of
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

VOICE = 52
_NOT_READ = ("f0", "lyrics")


def read(folder: Path) -> Iterator[Recording]:
    """The excerpts of the set. Raises LabelsError where there are no annotations."""
    folder = found_folder(folder, "vocadito")
    notes = folder / "Annotations" / "Notes"
    found = sorted(notes.glob("vocadito_*_notesA1.csv"))
    if not found:
        raise LabelsError(f"{folder}: no Annotations/Notes/vocadito_*_notesA1.csv; name the folder that holds it")
    tracks = {}
    for path in found:
        number = path.name.removeprefix("vocadito_").removesuffix("_notesA1.csv")
        sound, second = folder / "Audio" / f"vocadito_{number}.wav", path.with_name(path.name.replace("A1", "A2"))
        tracks[number] = {"audio": sound, "notesA1": path, "notesA2": second, **dict.fromkeys(_NOT_READ)}
    dataset = open_mirdata("vocadito", folder, tracks)
    for number, track in tracks_of(dataset, lambda number: notes / f"vocadito_{number}_notesA1.csv"):
        sound = Path(track.audio_path)
        if is_there(sound) and is_there(Path(track.notes_a1_path)):
            yield Recording(f"vocadito_{number}", "vocadito", sound, partial(_notes, track))


def _notes(track: Any) -> NDArray[np.void]:
    path = Path(track.notes_a1_path)
    notes = read_annotation(path, lambda: track.notes_a1)
    pitches = 69.0 + 12.0 * np.log2(notes.pitches / 440.0)
    return checked_notes(path, np.column_stack([notes.intervals, pitches, np.zeros(len(pitches))]), VOICE)
