"""Estimates how far a recording's A4 is from 440 Hz."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.front_end.filters import A4_HZ
from mp3tomidi.transcribe.peaks import peak_shift

LOWEST_HZ = 80.0  # below, a bin of the Fourier transform is too coarse to tell cents
HIGHEST_HZ = 2000.0  # above, partials are stretched
PEAKS_PER_FRAME = 8
# Below this agreement the peaks say nothing (noise, speech, drums), and the tuning is taken to be 440 Hz.
LEAST_AGREEMENT = 0.15
_LEAST_AMPLITUDE = 1e-4


def tuning_votes(spectrum: NDArray[np.float32], sample_rate: int) -> tuple[complex, float]:
    """The deviations of the strongest spectral peaks from equal temperament, summed as vectors on a circle.

    `spectrum` is an amplitude spectrum [frames, bins]. A peak is a local maximum, its frequency found by a parabola
    through the logarithms of three bins; it votes with the square root of its amplitude. Returns the sum of votes, a
    vector whose angle is the deviation (a full turn is a semitone), and the sum of their weights: both can be added
    up over blocks.
    """
    bin_hz = sample_rate / (2 * (spectrum.shape[-1] - 1))
    first, last = math.ceil(LOWEST_HZ / bin_hz), math.floor(HIGHEST_HZ / bin_hz)
    near = spectrum[:, first - 1 : last + 2]
    centre = near[:, 1:-1]
    heights = np.where((centre > near[:, :-2]) & (centre >= near[:, 2:]), centre, 0.0)
    where = np.argpartition(heights, -PEAKS_PER_FRAME, axis=1)[:, -PEAKS_PER_FRAME:]
    frame, peak = np.nonzero(np.take_along_axis(heights, where, axis=1) > _LEAST_AMPLITUDE)
    column = where[frame, peak]
    left, top, right = (np.log(near[frame, column + side] + 1e-9) for side in (0, 1, 2))
    weight = np.exp(0.5 * top)
    semitones = 12.0 * np.log2((first + column + peak_shift(left, top, right)) * bin_hz / A4_HZ)
    votes = complex((weight * np.exp(2j * math.pi * semitones)).sum())
    return votes, float(weight.sum())


def tuning_cents(votes: complex, weight: float) -> float:
    """Deviation in cents, -50 to 50, from summed `tuning_votes`; 0 if they do not agree."""
    if abs(votes) < LEAST_AGREEMENT * weight or weight == 0.0:
        return 0.0
    return 100.0 * math.atan2(votes.imag, votes.real) / (2.0 * math.pi)
