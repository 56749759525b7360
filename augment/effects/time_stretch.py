"""Time stretch: played faster or slower at the same pitch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import Params, log_uniform
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.stretching import require, stretched
from mp3tomidi.augment.labels import Labels, sped_up


@dataclass(frozen=True)
class TimeStretchRanges(Ranges):
    speed: Annotated[Span, Limits(0.5, 2.0)] = (0.85, 1.18)


@dataclass(frozen=True)
class TimeStretchParams(Params):
    speed: NDArray[np.float64]


class TimeStretch:
    """Signalsmith Stretch; labels move in time."""

    changes_length = True

    def __init__(self, sample_rate: int, ranges: TimeStretchRanges = TimeStretchRanges()) -> None:
        require()
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> TimeStretchParams:
        return TimeStretchParams(log_uniform(rng, self.ranges.speed, n))

    def sound(self, x: Tensor, params: TimeStretchParams) -> Tensor:
        return stretched(x, float(params.speed[0]), self.sample_rate)

    def labels(self, labels: Labels, params: TimeStretchParams) -> Labels:
        return sped_up(labels, params.speed)
