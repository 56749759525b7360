"""Speed: played faster and higher or slower and lower, as tape and samplers do, by whole semitones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import Params
from mp3tomidi.augment.effects.ranges import Limits, Ranges, WholeSpan
from mp3tomidi.augment.effects.signal.resampling import played_at
from mp3tomidi.augment.labels import Labels, sped_up, transposed


@dataclass(frozen=True)
class SpeedRanges(Ranges):
    semitones: Annotated[WholeSpan, Limits(-12, 12)] = (-3, 3)


@dataclass(frozen=True)
class SpeedParams(Params):
    semitones: NDArray[np.int64]

    @property
    def speed(self) -> NDArray[np.float64]:
        return np.asarray(2.0 ** (self.semitones / 12.0), np.float64)


class Speed:
    """Resampling with soxr. Labels move in time and pitch; parts of a semitone are `detune`'s."""

    changes_length = True

    def __init__(self, ranges: SpeedRanges = SpeedRanges()) -> None:
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> SpeedParams:
        lowest, highest = self.ranges.semitones
        return SpeedParams(rng.integers(lowest, highest + 1, n))

    def sound(self, x: Tensor, params: SpeedParams) -> Tensor:
        return played_at(x, float(params.speed[0]))

    def labels(self, labels: Labels, params: SpeedParams) -> Labels:
        return transposed(sped_up(labels, params.speed), params.semitones)
