"""A data set as a folder of this project's own: links to its sounds, labels beside them, for whatever takes a folder.

    SPLIT/SET/NAME.wav    SPLIT/SET/NAME.notes.tsv    SPLIT/SET/NAME.drums.tsv

Recordings that have classes and neither notes nor drums lie as SPLIT/CLASS/NAME.wav. A set without splits has no
folders of SPLIT.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files import drums_tsv, notes_tsv, tables
from mp3tomidi.train.datasets.public.left_out import leave_out
from mp3tomidi.train.datasets.recordings import Recording, note_rows
from mp3tomidi.transcribe.errors import LabelsError, OutputError
from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes

PITCH_DECIMALS = 3  # of a semitone


def write_label_folder(recordings: Sequence[Recording], folder: Path) -> int:
    """Links and labels of recordings below `folder`; what is there already is replaced, nothing else touched.

    Recordings whose labels cannot be read are named and left out. Returns how many are there. Raises LabelsError if
    none is, and OutputError.
    """
    written, taken = 0, set()
    for recording in recordings:
        place = folder / recording.split / _set_folder(recording) / recording.name
        sound = place.with_name(place.name + recording.sound.suffix)
        if sound in taken:
            leave_out(recording.sound, f"another recording is called {recording.name}, too")
            continue
        try:
            labels = _labels(recording)
        except LabelsError as error:
            leave_out(recording.sound, str(error))
            continue
        taken.add(sound)
        make_folder(place.parent)
        for ending, content in labels.items():
            write_bytes(content, place.with_name(place.name + ending))
        _link(recording.sound, sound)
        written += 1
    if not written:
        raise LabelsError(f"{folder}: none of the recordings has labels that can be read")
    return written


def notes_table(notes: NDArray[np.void]) -> bytes:
    """The content of a NAME.notes.tsv that says what notes (dtype PLAYED_NOTE) say, but for their programs."""
    return tables.to_bytes(
        [
            [
                tables.seconds(onset_s, tables.WRITTEN_DECIMALS),
                tables.seconds(offset_s, tables.WRITTEN_DECIMALS),
                f"{round(pitch, PITCH_DECIMALS):g}",
                f"{velocity:g}",
            ]
            for onset_s, offset_s, pitch, velocity in note_rows(notes).tolist()
        ]
    )


def _set_folder(recording: Recording) -> str:
    """The set, or the class where nothing but classes is known; with no character that a path could not have."""
    only_classes = recording.classes and not recording.notes and not recording.drums
    return re.sub(r'[\\/:*?"<>|]', "_", recording.classes[0] if only_classes else recording.set_name)


def _labels(recording: Recording) -> dict[str, bytes]:
    """Content by ending. Raises LabelsError."""
    labels = {}
    if recording.notes:
        labels[notes_tsv.ENDING] = notes_table(recording.notes())
    if recording.drums:
        labels[drums_tsv.ENDING] = drums_tsv.to_bytes(recording.drums())
    return labels


def _link(sound: Path, link: Path) -> None:
    """A link to a sound, a copy of it where the file system has no links. Raises OutputError."""
    target = os.path.abspath(sound)  # noqa: PTH100  (links on the way stay what they are)
    try:
        if link.is_symlink() or link.exists():
            link.unlink()
        try:
            link.symlink_to(target)
        except OSError:
            shutil.copyfile(target, link)
    except OSError as error:
        raise OutputError(f"cannot write {link}: {error.strerror or error}") from error
