"""Gain: the peak level of a recording against full scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage, from_db, per_clip
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span

SILENCE = 1e-6  # -120 dB: below it there is nothing to raise


@dataclass(frozen=True)
class GainRanges(Ranges):
    peak_dbfs: Annotated[Span, Limits(-80.0, 0.0)] = (-25.0, -0.5)


@dataclass(frozen=True)
class GainParams(Params):
    peak_dbfs: NDArray[np.float64]


class Gain(KeepsTime):
    """Scales each clip, all channels alike, so that its peak is at the drawn level; silence stays silence."""

    training = InTraining(Stage.LEVEL, share=1.0)

    def __init__(self, ranges: GainRanges = GainRanges()) -> None:
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> GainParams:
        return GainParams(rng.uniform(*self.ranges.peak_dbfs, n))

    def sound(self, x: Tensor, params: GainParams) -> Tensor:
        peak = x.abs().amax(dim=(-2, -1), keepdim=True)
        scale = (per_clip(from_db(params.peak_dbfs), x) / peak.clamp_min(SILENCE)).where(peak > SILENCE, 1.0)
        return x * scale
