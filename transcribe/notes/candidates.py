"""Note candidates: every peak of the onset activation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.inference.activations import LOWEST_PEAK, Activations, between_frames, find_peaks


@dataclass(frozen=True)
class Candidates:
    """Onset peaks, sorted by pitch and then by time: arrays [candidates]."""

    frame: NDArray[np.intp]
    pitch: NDArray[np.intp]  # 0 for the piano's lowest key
    time: NDArray[np.float64]  # in frames, read between them
    height: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.frame)

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Candidates:
        return Candidates(self.frame[chosen], self.pitch[chosen], self.time[chosen], self.height[chosen])


def find_candidates(activations: Activations) -> Candidates:
    frame, pitch = find_peaks(activations.onset, LOWEST_PEAK)
    time = between_frames(activations.onset, frame, pitch)
    return Candidates(frame, pitch, time, activations.onset[frame, pitch].astype(np.float32))
