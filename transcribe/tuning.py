"""How far a recording's A4 is from 440 Hz."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LOWEST_HZ = 80.0  # below, a bin of the Fourier transform is too coarse to tell cents
HIGHEST_HZ = 2000.0  # above, partials are stretched
PEAKS_PER_FRAME = 8
# Below this agreement the peaks say nothing (noise, speech, drums), and the tuning is taken to be 440 Hz.
LEAST_AGREEMENT = 0.15


def tuning_votes(spectrum: Tensor, sample_rate: int) -> tuple[complex, float]:
    """The deviations of the strongest spectral peaks from equal temperament, summed as vectors on a circle.

    `spectrum` is an amplitude spectrum [frames, bins]. A peak is a local maximum, its frequency found by a parabola
    through the logarithms of three bins; it votes with the square root of its amplitude. Returns the sum of votes, a
    vector whose angle is the deviation (a full turn is a semitone), and the sum of their weights: both can be added
    up over blocks.
    """
    bin_hz = sample_rate / (2 * (spectrum.shape[-1] - 1))
    first, last = math.ceil(LOWEST_HZ / bin_hz), math.floor(HIGHEST_HZ / bin_hz)
    log = torch.log(spectrum[:, first - 1 : last + 2] + 1e-9)
    left, centre, right = log[:, :-2], log[:, 1:-1], log[:, 2:]
    is_peak = (centre > left) & (centre >= right)
    strength, where = torch.where(is_peak, centre, centre.new_tensor(-30.0)).topk(PEAKS_PER_FRAME, dim=1)
    left, right = left.gather(1, where), right.gather(1, where)
    shift = 0.5 * (left - right) / (left - 2 * strength + right).clamp(max=-1e-6)
    weight = torch.exp(0.5 * strength) * (strength > math.log(1e-4))
    semitones = 12.0 * torch.log2((first + where + shift.clamp(-0.5, 0.5)) * bin_hz / 440.0)
    angle = 2.0 * math.pi * semitones
    votes = complex(float((weight * angle.cos()).sum()), float((weight * angle.sin()).sum()))
    return votes, float(weight.sum())


def tuning_cents(votes: complex, weight: float) -> float:
    """Deviation in cents, -50 to 50, from summed `tuning_votes`; 0 if they do not agree."""
    if abs(votes) < LEAST_AGREEMENT * weight or weight == 0.0:
        return 0.0
    return 100.0 * math.atan2(votes.imag, votes.real) / (2.0 * math.pi)
