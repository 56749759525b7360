"""Timbre vectors of possible notes: NoteNet's last layer, pooled around each onset.

The layer itself would be 140 MB an hour for each of its channels; around the peaks of the onset activation it is 30 MB
for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POOLS = ((-3, 0), (0, 2), (2, 6), (6, 14), (14, 30))  # frames from an onset, each pool kept as its mean


@dataclass(frozen=True)
class Timbres:
    """Peaks of the onset activation in any order: frame and pitch (0 for the piano's lowest key) [peaks], and the means
    of NoteNet's last layer there [peaks, POOLS * channel], in half precision.
    """

    frame: NDArray[np.intp]
    pitch: NDArray[np.intp]
    values: NDArray[np.float16]

    def at(self, frame: NDArray[np.floating], pitch: NDArray[np.intp]) -> NDArray[np.float32]:
        """Of the peak nearest to each frame at its pitch [notes, POOLS * channel]; zeros at a pitch without any."""
        found = np.zeros((len(frame), self.values.shape[1]), np.float32)
        for key in np.unique(pitch):
            peaks, wanted = np.flatnonzero(self.pitch == key), np.flatnonzero(pitch == key)
            if len(peaks):
                peaks = peaks[np.argsort(self.frame[peaks])]
                between = (self.frame[peaks][1:] + self.frame[peaks][:-1]) / 2.0
                found[wanted] = self.values[peaks[np.searchsorted(between, frame[wanted])]]
        return found


NO_TIMBRES = Timbres(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros((0, 0), np.float16))


def joined(parts: Sequence[Timbres]) -> Timbres:
    """Those of several windows, whose frames are already those of the recording."""
    if not parts:
        return NO_TIMBRES
    return Timbres(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("frame", "pitch", "values")))


def pooled(layer: NDArray[np.float32], frame: NDArray[np.intp], pitch: NDArray[np.intp]) -> NDArray[np.float16]:
    """[peaks, POOLS * channel] from the layer [channel, frames, 88]; before and after it, its first and last frame."""
    last = layer.shape[1] - 1
    means = [
        layer[:, np.clip(frame[:, None] + np.arange(*pool), 0, last), pitch[:, None]].mean(axis=2) for pool in POOLS
    ]
    return np.concatenate(means).T.astype(np.float16)
