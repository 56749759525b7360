"""Polarity: plus and minus exchanged, as by a cable. It is inaudible, and must make no difference to a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, per_clip
from mp3tomidi.augment.effects.ranges import Ranges


@dataclass(frozen=True)
class PolarityRanges(Ranges):
    """Nothing to draw: the share of the step says it all."""


@dataclass(frozen=True)
class PolarityParams(Params):
    sign: NDArray[np.float64]


class Polarity(KeepsTime):
    """Every sample with the other sign."""

    def __init__(self, ranges: PolarityRanges = PolarityRanges()) -> None:
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> PolarityParams:
        del rng
        return PolarityParams(np.full(n, -1.0))

    def sound(self, x: Tensor, params: PolarityParams) -> Tensor:
        return x * per_clip(params.sign, x)
