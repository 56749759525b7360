"""Base of label files: rows are numbered, so that moved labels can be written back into the file.

An effect may drop rows. So a note's `program`, a hit's `key` and an instant's `number` hold the row of the file that
it stands in: no effect looks at them, and what else the file says of the row is found again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from mp3tomidi.augment.labels import DRUM_HIT, INSTANT, NOTE, Labels
from mp3tomidi.transcribe.errors import LabelsError

TOLERANCE_S = 0.05  # by which labels that others rounded may lie outside of their sound


class LabelFile(Protocol):
    """The labels of one sound, as clip 0 of a batch."""

    @property
    def path(self) -> Path: ...

    @property
    def labels(self) -> Labels:
        """Of the file, rows numbered."""
        ...

    def moved(self, labels: Labels, duration_s: float) -> bytes:
        """The content of the file that says what `labels`, made of its own, say of sound of this duration.

        Raises LabelsError where the file holds what cannot be moved so.
        """
        ...


def notes_of(rows: list[tuple[float, float, float, float]]) -> Labels:
    """Labels of notes (onset s, offset s, pitch, velocity)."""
    notes = np.zeros(len(rows), NOTE)
    for row, (onset_s, offset_s, pitch, velocity) in enumerate(rows):
        notes[row] = (0, onset_s, offset_s, round(pitch), velocity, row)
    return Labels(notes)


def hits_of(times_s: list[float]) -> Labels:
    """Labels of drum hits."""
    hits = np.zeros(len(times_s), DRUM_HIT)
    hits["onset_s"], hits["key"] = times_s, np.arange(len(times_s))
    return Labels(drum_hits=hits)


def instants_of(times_s: list[float]) -> Labels:
    """Labels of instants."""
    instants = np.zeros(len(times_s), INSTANT)
    instants["time_s"], instants["number"] = times_s, np.arange(len(times_s))
    return Labels(instants=instants)


def check_inside(file: LabelFile, duration_s: float) -> None:
    """Raises LabelsError if something starts before the sound does or after it has ended."""
    starts = [
        ("note", file.labels.notes["onset_s"]),
        ("drum hit", file.labels.drum_hits["onset_s"]),
        ("label", file.labels.instants["time_s"][file.labels.instants["number"] >= 0]),  # those under 0 are probes
    ]
    for what, times_s in starts:
        outside = times_s[(times_s < -TOLERANCE_S) | (times_s > duration_s + TOLERANCE_S)]
        if len(outside):
            raise LabelsError(
                f"{file.path}: a {what} at {outside[0]:g} s, but the sound lasts from 0 to {duration_s:g} s; "
                "these labels are not those of this sound"
            )
