"""Sound with its edges cut off: small loudspeakers, old recordings, telephones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage, log_uniform
from mp3tomidi.augment.effects.ranges import Limits, Numbers, Ranges, Span, WholeSpan
from mp3tomidi.augment.effects.signal.convolution import convolve, fir_frequencies_hz, minimum_phase_fir

LOW_PASS, HIGH_PASS, BAND_PASS, TELEPHONE = range(4)
KINDS = 4
TELEPHONE_ORDER = 6


@dataclass(frozen=True)
class FilterRanges(Ranges):
    # low-pass, high-pass, band-pass, telephone, which takes the fundamentals away: rare
    kind_shares: Annotated[Numbers, Limits(0.0, 1.0)] = (0.4, 0.4, 0.12, 0.08)
    low_pass_hz: Annotated[Span, Limits(20.0, 24_000.0)] = (1500.0, 7000.0)
    high_pass_hz: Annotated[Span, Limits(10.0, 20_000.0)] = (40.0, 400.0)
    telephone_low_hz: Annotated[Span, Limits(20.0, 2000.0)] = (200.0, 400.0)
    telephone_high_hz: Annotated[Span, Limits(1000.0, 20_000.0)] = (2800.0, 3800.0)
    order: Annotated[WholeSpan, Limits(1, 12)] = (1, 4)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.kind_shares) != KINDS or not math.isclose(sum(self.kind_shares), 1.0):
            raise ValueError(f"kind_shares = {list(self.kind_shares)}: it must be {KINDS} numbers that add up to 1")


@dataclass(frozen=True)
class FilterParams(Params):
    """Butterworth corners; an order of 0 leaves that edge open."""

    high_pass_hz: NDArray[np.float64]
    high_pass_order: NDArray[np.int64]
    low_pass_hz: NDArray[np.float64]
    low_pass_order: NDArray[np.int64]


class MinimumPhaseBand(KeepsTime):
    """Applies the settings: Butterworth magnitudes with the least delay that they can have."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def sound(self, x: Tensor, params: FilterParams) -> Tensor:
        frequencies_hz = fir_frequencies_hz(self.sample_rate, x.device)
        low_hz, high_hz, low_order, high_order = (
            torch.as_tensor(values.astype(np.float32), device=x.device)[:, None]
            for values in (
                params.high_pass_hz,
                params.low_pass_hz,
                params.high_pass_order,
                params.low_pass_order,
            )
        )
        # the mean of log frequency over the bin around 0 is that of 0.18 bins: what the bin stands for
        lowest_hz = 0.18 * frequencies_hz[1]
        power_high_pass = 1.0 + (low_hz / frequencies_hz.clamp_min(lowest_hz)) ** (2.0 * low_order)
        power_low_pass = 1.0 + (frequencies_hz / high_hz) ** (2.0 * high_order)
        # an open edge has order 0, where each sum is 2 at every frequency
        power_high_pass = torch.where(low_order > 0, power_high_pass, 1.0)
        power_low_pass = torch.where(high_order > 0, power_low_pass, 1.0)
        return convolve(x, minimum_phase_fir((power_high_pass * power_low_pass).rsqrt()))


class Filter(MinimumPhaseBand):
    """Low-pass, high-pass, band-pass or telephone band, with the minimum phase of a Butterworth filter."""

    training = InTraining(Stage.STUDIO, share=0.25, place=2)

    def __init__(self, sample_rate: int, ranges: FilterRanges = FilterRanges()) -> None:
        super().__init__(sample_rate)
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> FilterParams:
        ranges = self.ranges
        kind = rng.choice(len(ranges.kind_shares), n, p=ranges.kind_shares)
        order = rng.integers(ranges.order[0], ranges.order[1] + 1, (2, n))
        phone = kind == TELEPHONE
        low_hz = np.where(phone, rng.uniform(*ranges.telephone_low_hz, n), log_uniform(rng, ranges.high_pass_hz, n))
        high_hz = np.where(phone, rng.uniform(*ranges.telephone_high_hz, n), log_uniform(rng, ranges.low_pass_hz, n))
        order[:, phone] = TELEPHONE_ORDER
        return FilterParams(
            high_pass_hz=low_hz,
            high_pass_order=np.where(kind == LOW_PASS, 0, order[0]),
            low_pass_hz=high_hz,
            low_pass_order=np.where(kind == HIGH_PASS, 0, order[1]),
        )
