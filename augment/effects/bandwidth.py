"""The band of a file or device of a lower sample rate: nothing above half of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage
from mp3tomidi.augment.effects.ranges import Limits, Numbers, Ranges, Span
from mp3tomidi.augment.effects.signal.convolution import convolve, fir_frequencies_hz, minimum_phase_fir

STOP_BAND_DB = 50.0
PASSED_SHARE = 0.93  # of the band stays as it is; from there to the limit the level falls to that of the stop band


@dataclass(frozen=True)
class BandwidthRanges(Ranges):
    # sound at 11, 16 and 22 kHz; in between and above, the low-passes of encoders
    limits_hz: Annotated[Numbers, Limits(1000.0, 24_000.0)] = (5500.0, 8000.0, 11_025.0)
    other_hz: Annotated[Span, Limits(1000.0, 24_000.0)] = (9500.0, 15_500.0)
    shares: Annotated[Numbers, Limits(0.0, 1.0)] = (0.1, 0.3, 0.25, 0.35)  # of each of limits_hz, and of other_hz

    def __post_init__(self) -> None:
        super().__post_init__()
        count = len(self.limits_hz) + 1
        if len(self.shares) != count or not math.isclose(sum(self.shares), 1.0):
            raise ValueError(f"shares = {list(self.shares)}: it must be {count} numbers that add up to 1")


@dataclass(frozen=True)
class BandwidthParams(Params):
    limit_hz: NDArray[np.float64]  # where the stop band begins


class Bandwidth(KeepsTime):
    """A steep low-pass of least delay. Clips whose limit is at half of their sample rate or above stay as they are."""

    training = InTraining(Stage.FILE, place=0, optional=True)

    def __init__(self, sample_rate: int, ranges: BandwidthRanges = BandwidthRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> BandwidthParams:
        ranges = self.ranges
        kind = rng.choice(len(ranges.shares), n, p=ranges.shares)
        other_hz = rng.uniform(*ranges.other_hz, n)
        usual_hz = np.array([*ranges.limits_hz, np.nan])[kind]
        return BandwidthParams(np.where(kind < len(ranges.limits_hz), usual_hz, other_hz))

    def sound(self, x: Tensor, params: BandwidthParams) -> Tensor:
        narrowed = np.flatnonzero(params.limit_hz < 0.5 * self.sample_rate)
        y = x.clone()
        if len(narrowed):
            where = torch.as_tensor(narrowed, device=x.device)
            limit_hz = torch.as_tensor(params.limit_hz[narrowed].astype(np.float32), device=x.device)[:, None]
            passed_hz = PASSED_SHARE * limit_hz
            fallen = (fir_frequencies_hz(self.sample_rate, x.device) - passed_hz) / (limit_hz - passed_hz)
            magnitude = 10.0 ** (-STOP_BAND_DB / 20.0 * fallen.clamp(0.0, 1.0))
            y[where] = convolve(x[where], minimum_phase_fir(magnitude))
        return y
