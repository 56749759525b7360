"""Note candidates: every peak of the onset activation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.inference.activations import LOWEST_PEAK, Activations, between_frames, find_peaks


@dataclass(frozen=True)
class Candidates:
    """Onset peaks, sorted by key and then by time: arrays [candidates]."""

    frame: NDArray[np.intp]
    key: NDArray[np.intp]
    """0 for the piano's lowest, as columns of activations are counted."""
    position_frames: NDArray[np.float64]
    """Of the peak, read between frames."""
    height: NDArray[np.float32]
    """Of the onset activation."""

    def __len__(self) -> int:
        return len(self.frame)

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Candidates:
        return Candidates(self.frame[chosen], self.key[chosen], self.position_frames[chosen], self.height[chosen])


def find_candidates(activations: Activations) -> Candidates:
    frame, key = find_peaks(activations.onset, LOWEST_PEAK)
    position_frames = between_frames(activations.onset, frame, key)
    return Candidates(frame, key, position_frames, activations.onset[frame, key].astype(np.float32))
