"""Notes of data sets, checked before anything is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files import midi_tracks
from mp3tomidi.augment.labels import HIGHEST_PITCH
from mp3tomidi.train.datasets.recordings import PLAYED_NOTE, played_notes
from mp3tomidi.transcribe.errors import LabelsError


def checked_notes(path: Path, rows: NDArray[np.float64], program: int) -> NDArray[np.void]:
    """Notes (dtype PLAYED_NOTE) of rows [notes, 4] (onset s, offset s, pitch, velocity), in the order of their onsets.

    Raises LabelsError, which names the file, for times or pitches that cannot be.
    """
    onset_s, offset_s, pitch, velocity = rows.T if len(rows) else np.zeros((4, 0))
    possible = (
        (offset_s >= onset_s)
        & (np.round(pitch) >= 0)
        & (np.round(pitch) <= HIGHEST_PITCH)
        & (velocity >= 0)
        & (velocity <= 127)
        & np.isfinite(rows).all(axis=1)
    )
    if not possible.all():
        first = rows[np.argmin(possible)].tolist()
        raise LabelsError(f"{path}: a note that cannot be (onset s, offset s, pitch, velocity: {first})")
    return played_notes(rows[np.argsort(onset_s, kind="stable")], program)


def notes_of_midi(path: Path, program: int | None = None) -> NDArray[np.void]:
    """The notes (dtype PLAYED_NOTE) of all pitched tracks of a MIDI file, as long as the sustain pedal lets them sound.

    program: of all notes; None: that of each track. Raises LabelsError.
    """
    labels = midi_tracks.read_labels(path).notes
    notes = np.zeros(len(labels), PLAYED_NOTE)
    for name in ("onset_s", "offset_s", "pitch", "velocity", "program"):
        notes[name] = labels[name]
    if program is not None:
        notes["program"] = program
    return notes


def hits_of_midi(path: Path) -> NDArray[np.void]:
    """The drum hits (dtype DRUM_HIT) of a MIDI file's drum tracks. Raises LabelsError."""
    return midi_tracks.read_labels(path).drum_hits
