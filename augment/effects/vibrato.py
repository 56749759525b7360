"""Vibrato: the pitch goes up and down, by a delay that wanders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.interpolation import band_limited


@dataclass(frozen=True)
class VibratoRanges(Ranges):
    # slower and wider, and the delay would move onsets by more than 3 ms
    rate_hz: Annotated[Span, Limits(3.0, 12.0)] = (4.0, 7.5)
    cents: Annotated[Span, Limits(0.0, 80.0)] = (5.0, 50.0)  # largest deviation


@dataclass(frozen=True)
class VibratoParams(Params):
    rate_hz: NDArray[np.float64]
    cents: NDArray[np.float64]
    phase: NDArray[np.float64]  # radians


class Vibrato(KeepsTime):
    """Reads the sound at a position that swings about the time by at most 2.5 ms; beyond its ends there is silence."""

    def __init__(self, sample_rate: int, ranges: VibratoRanges = VibratoRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> VibratoParams:
        return VibratoParams(
            rate_hz=rng.uniform(*self.ranges.rate_hz, n),
            cents=rng.uniform(*self.ranges.cents, n),
            phase=rng.uniform(0.0, 2.0 * np.pi, n),
        )

    def sound(self, x: Tensor, params: VibratoParams) -> Tensor:
        turn = 2.0 * np.pi * params.rate_hz / self.sample_rate
        swing = (2.0 ** (params.cents / 1200.0) - 1.0) / turn  # samples
        turn_, swing_, phase = (torch.as_tensor(v, device=x.device)[:, None] for v in (turn, swing, params.phase))
        sample = torch.arange(x.shape[-1], device=x.device, dtype=torch.float64)
        return band_limited(x, sample + swing_ * torch.sin(sample * turn_ + phase))
