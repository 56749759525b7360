"""What a network says of every pitch in every frame, and the peaks in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.peaks import peak_shift

PEAK_REACH_FRAMES = 2  # a peak is the highest point this far to either side: repeats 40 ms apart stay apart


@dataclass(frozen=True)
class Activations:
    """Probabilities [frames, 88] as a network gives them, and the time from one frame to the next."""

    onset: NDArray[np.float32]
    frame: NDArray[np.float32]
    offset: NDArray[np.float32]
    velocity: NDArray[np.float32]
    hop_s: float


def find_peaks(
    activation: NDArray[np.float32], threshold: float | NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Frames and pitches of the local maxima at or above the threshold (or each pitch's), by pitch and then by time."""
    padded = np.pad(activation, ((PEAK_REACH_FRAMES, PEAK_REACH_FRAMES), (0, 0)), constant_values=-1.0)
    count = len(activation)
    is_peak = activation >= threshold
    for shift in range(1, PEAK_REACH_FRAMES + 1):
        before = padded[PEAK_REACH_FRAMES - shift :][:count]
        after = padded[PEAK_REACH_FRAMES + shift :][:count]
        is_peak &= (activation > before) & (activation >= after)
    pitch, frame = np.nonzero(is_peak.T)
    return frame, pitch


def between_frames(
    activation: NDArray[np.float32], frame: NDArray[np.intp], pitch: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Peak positions in frames, from a parabola through each peak and its neighbours."""
    last = len(activation) - 1
    left, right = activation[np.maximum(frame - 1, 0), pitch], activation[np.minimum(frame + 1, last), pitch]
    # Nothing happens before the sound or after it.
    return np.asarray(np.clip(frame + peak_shift(left, activation[frame, pitch], right), 0, last), np.float64)
