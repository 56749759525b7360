"""The narrow ear of a telephone or voice memo: steep edges on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from mp3tomidi.augment.effects.base import InTraining, Stage, log_uniform
from mp3tomidi.augment.effects.filter import FilterParams, MinimumPhaseBand
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span, WholeSpan


@dataclass(frozen=True)
class PhoneRanges(Ranges):
    high_pass_hz: Annotated[Span, Limits(20.0, 2000.0)] = (80.0, 400.0)
    low_pass_hz: Annotated[Span, Limits(1000.0, 20_000.0)] = (3000.0, 7000.0)
    order: Annotated[WholeSpan, Limits(1, 12)] = (4, 10)


class Phone(MinimumPhaseBand):
    """A band with Butterworth edges of high order, both of them on every clip; no more delay than that needs."""

    training = InTraining(Stage.RECORDER, place=2)

    def __init__(self, sample_rate: int, ranges: PhoneRanges = PhoneRanges()) -> None:
        super().__init__(sample_rate)
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> FilterParams:
        order = rng.integers(self.ranges.order[0], self.ranges.order[1] + 1, (2, n))
        return FilterParams(
            high_pass_hz=log_uniform(rng, self.ranges.high_pass_hz, n),
            high_pass_order=order[0],
            low_pass_hz=log_uniform(rng, self.ranges.low_pass_hz, n),
            low_pass_order=order[1],
        )
