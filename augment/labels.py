"""What sounds in a batch of clips: the labels that travel with the sound.

A passage (what is played) and a label (what is heard) have the same shape, so a mixer turns the one into the
other and an effect turns labels into labels. Times are seconds from the start of the clip and may be negative
for a note that began before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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


def empty_notes() -> NDArray[np.void]:
    return np.zeros(0, NOTE)


def empty_drum_hits() -> NDArray[np.void]:
    return np.zeros(0, DRUM_HIT)


@dataclass
class Labels:
    """Notes (dtype NOTE) and drum hits (dtype DRUM_HIT) of a batch of clips."""

    notes: NDArray[np.void] = field(default_factory=empty_notes)
    drum_hits: NDArray[np.void] = field(default_factory=empty_drum_hits)

    def of_clips(self, first: int, last: int) -> Labels:
        """The labels of clips first to last - 1, as those of clips 0, 1, ..."""
        return Labels(*(_of_clips(rows, first, last) for rows in (self.notes, self.drum_hits)))


def _of_clips(rows: NDArray[np.void], first: int, last: int) -> NDArray[np.void]:
    chosen: NDArray[np.void] = rows[(rows["clip"] >= first) & (rows["clip"] < last)]
    chosen["clip"] -= first
    return chosen
