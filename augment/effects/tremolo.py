"""Tremolo: the level goes up and down, as in amplifiers and vibraphones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, per_clip
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span


@dataclass(frozen=True)
class TremoloRanges(Ranges):
    rate_hz: Annotated[Span, Limits(0.1, 20.0)] = (3.0, 8.0)
    depth: Annotated[Span, Limits(0.0, 1.0)] = (0.1, 0.6)  # 1: down to silence


@dataclass(frozen=True)
class TremoloParams(Params):
    rate_hz: NDArray[np.float64]
    depth: NDArray[np.float64]
    phase: NDArray[np.float64]  # radians


class Tremolo(KeepsTime):
    """A gain between 1 - depth and 1, along a sine; never above what it was."""

    def __init__(self, sample_rate: int, ranges: TremoloRanges = TremoloRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> TremoloParams:
        return TremoloParams(
            rate_hz=rng.uniform(*self.ranges.rate_hz, n),
            depth=rng.uniform(*self.ranges.depth, n),
            phase=rng.uniform(0.0, 2.0 * np.pi, n),
        )

    def sound(self, x: Tensor, params: TremoloParams) -> Tensor:
        time = torch.arange(x.shape[-1], device=x.device, dtype=torch.float64)
        turn = torch.as_tensor(2.0 * np.pi * params.rate_hz / self.sample_rate, device=x.device)
        angle = time * turn[:, None] + torch.as_tensor(params.phase, device=x.device)[:, None]
        down = (0.5 + 0.5 * torch.sin(angle)).float()[:, None]
        return x * (1.0 - per_clip(params.depth, x) * down)
