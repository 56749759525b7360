"""Stereo width: what differs between the channels, against what they share. Mono stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, per_clip, rms
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span


@dataclass(frozen=True)
class StereoWidthRanges(Ranges):
    width: Annotated[Span, Limits(0.0, 3.0)] = (0.0, 1.6)  # 0: both channels the same; 1: as it is


@dataclass(frozen=True)
class StereoWidthParams(Params):
    width: NDArray[np.float64]


class StereoWidth(KeepsTime):
    """The mean of the channels stays, their differences from it are scaled; then the clip has its former RMS."""

    def __init__(self, ranges: StereoWidthRanges = StereoWidthRanges()) -> None:
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> StereoWidthParams:
        return StereoWidthParams(rng.uniform(*self.ranges.width, n))

    def sound(self, x: Tensor, params: StereoWidthParams) -> Tensor:
        middle = x.mean(dim=1, keepdim=True)
        y = middle + (x - middle) * per_clip(params.width, x)
        return y * (rms(x) / rms(y).clamp_min(1e-9)).clamp_max(4.0)  # channels that cancel leave nothing to raise
