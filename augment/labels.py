"""Labels of a batch of clips: notes and drum hits, moved along with the sound.

A passage (what is played) and a label (what sounds) have the same shape, so a mixer turns the one into the
other and an effect turns labels into labels. Times are seconds from the start of the clip and may be negative
for a note that began before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HIGHEST_PITCH = 127

NOTE = np.dtype(
    [
        ("clip", np.int32),  # index of the clip in its batch
        ("onset_s", np.float64),
        ("offset_s", np.float64),
        ("pitch", np.int32),  # MIDI number
        ("velocity", np.float32),  # 1 to 127; 0 = unknown
        ("program", np.int32),  # General MIDI program, 0-based
    ]
)
DRUM_HIT = np.dtype(
    [
        ("clip", np.int32),
        ("onset_s", np.float64),
        ("key", np.int32),  # General MIDI drum key
        ("velocity", np.float32),
    ]
)
INSTANT = np.dtype(
    [
        ("clip", np.int32),
        ("time_s", np.float64),
        ("number", np.int32),  # of a beat: its place in the bar; else what the owner of the labels makes of it
    ]
)


def empty_notes() -> NDArray[np.void]:
    return np.zeros(0, NOTE)


def empty_drum_hits() -> NDArray[np.void]:
    return np.zeros(0, DRUM_HIT)


def empty_instants() -> NDArray[np.void]:
    return np.zeros(0, INSTANT)


@dataclass
class Labels:
    """Notes (dtype NOTE), drum hits (DRUM_HIT) and instants (INSTANT: beats, ...) of a batch of clips."""

    notes: NDArray[np.void] = field(default_factory=empty_notes)
    drum_hits: NDArray[np.void] = field(default_factory=empty_drum_hits)
    instants: NDArray[np.void] = field(default_factory=empty_instants)

    @classmethod
    def of_notes(cls, rows: Sequence[tuple[float, float, int, float]]) -> Labels:
        """Of one clip: onset s, offset s, MIDI pitch and velocity (0 = unknown) of each note."""
        return cls(notes=np.array([(0, *row, 0) for row in rows], NOTE))

    @classmethod
    def of_drum_hits(cls, rows: Sequence[tuple[float, int, float]]) -> Labels:
        """Of one clip: onset s, General MIDI drum key and velocity (0 = unknown) of each hit."""
        return cls(drum_hits=np.array([(0, *row) for row in rows], DRUM_HIT))

    def tables(self) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.void]]:
        return self.notes, self.drum_hits, self.instants

    def of_clips(self, first: int, last: int) -> Labels:
        """The labels of clips first to last - 1, as those of clips 0, 1, ..."""
        return Labels(*(_of_clips(rows, first, last) for rows in self.tables()))


def join(labels: Sequence[Labels]) -> Labels:
    """Labels of one clip each as those of a batch."""
    tables = []
    for of_clips in zip(*(each.tables() for each in labels), strict=True):
        numbered = [table.copy() for table in of_clips]
        for clip, table in enumerate(numbered):
            table["clip"] = clip
        tables.append(np.concatenate(numbered))
    return Labels(*tables)


def by_onset(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Notes or drum hits in the order of their onsets; those that begin together stay as they are."""
    ordered: NDArray[np.void] = rows[np.argsort(rows["onset_s"], kind="stable")]
    return ordered


def starting_before(labels: Labels, end_s: float) -> Labels:
    """Without what starts at `end_s` or later."""
    notes, drum_hits, instants = labels.tables()
    return Labels(
        notes[notes["onset_s"] < end_s], drum_hits[drum_hits["onset_s"] < end_s], instants[instants["time_s"] < end_s]
    )


def sped_up(labels: Labels, speed: NDArray[np.float64]) -> Labels:
    """All times divided by the speed [clips] of their clip."""
    notes, drum_hits, instants = (table.copy() for table in labels.tables())
    notes["onset_s"] /= speed[notes["clip"]]
    notes["offset_s"] /= speed[notes["clip"]]
    drum_hits["onset_s"] /= speed[drum_hits["clip"]]
    instants["time_s"] /= speed[instants["clip"]]
    return Labels(notes, drum_hits, instants)


def transposed(labels: Labels, semitones: NDArray[np.int64]) -> Labels:
    """The pitches moved by the semitones [clips] of their clip. Notes that MIDI has no number for are dropped."""
    notes = labels.notes.copy()
    notes["pitch"] += semitones[notes["clip"]]
    kept: NDArray[np.void] = notes[(notes["pitch"] >= 0) & (notes["pitch"] <= HIGHEST_PITCH)]
    return Labels(kept, labels.drum_hits, labels.instants)


def _of_clips(rows: NDArray[np.void], first: int, last: int) -> NDArray[np.void]:
    chosen: NDArray[np.void] = rows[(rows["clip"] >= first) & (rows["clip"] < last)]
    chosen["clip"] -= first
    return chosen
