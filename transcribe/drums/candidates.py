"""Drum hit candidates: every peak of DrumNet's onset activations.

Hits of one piece may follow each other as fast as 30 ms (flams, rolls), but one hit must not give two, so a peak
close behind another counts only if there is a valley between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.inference.activations import Values, between_frames, find_peaks

LOWEST_PEAK = 0.05  # of the peaks below, 1 in 100 is a hit
VALLEY = 0.6  # of the lower of two peaks: what lies between them must be less


@dataclass(frozen=True)
class DrumActivations:
    """Probabilities and velocities [frames, piece], and the time from one frame to the next.

    Loudness [frames, band] is no output of the network (see `front_end.loudness`): of octaves from 31 Hz to 8 kHz in
    the view that tells low pitches apart and in the one that tells times apart, and of quarters of the octaves from 4
    to 16 kHz in the latter.
    """

    onset: Values
    velocity: Values
    slow_loudness: Values
    quick_loudness: Values
    high_loudness: Values
    hop_s: float


@dataclass(frozen=True)
class DrumCandidates:
    """Onset peaks, sorted by piece and then by time: arrays [candidates]."""

    frame: NDArray[np.intp]
    piece: NDArray[np.intp]  # index in drum_kit.DRUM_PIECES
    time_s: NDArray[np.float64]  # read between frames
    height: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.frame)


def find_candidates(activations: DrumActivations) -> DrumCandidates:
    onset = activations.onset
    frame, piece = find_peaks(onset, LOWEST_PEAK)
    single = _without_doubles(onset, frame, piece)
    frame, piece = frame[single], piece[single]
    time_s = between_frames(onset, frame, piece) * activations.hop_s if len(frame) else np.zeros(0)
    return DrumCandidates(frame, piece, time_s, onset[frame, piece].astype(np.float32))


def _without_doubles(onset: Values, frame: NDArray[np.intp], piece: NDArray[np.intp]) -> list[int]:
    """Which peaks stay if of those without a valley between them only the highest does."""
    kept: list[int] = []
    for peak in range(len(frame)):
        last = kept[-1] if kept else -1
        if last >= 0 and piece[last] == piece[peak]:
            curve = onset[frame[last] : frame[peak] + 1, piece[peak]]
            if curve.min() > VALLEY * min(curve[0], curve[-1]):
                if curve[-1] > curve[0]:
                    kept[-1] = peak
                continue
        kept.append(peak)
    return kept
