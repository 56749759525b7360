"""Sound with its edges cut off: small loudspeakers, old recordings, telephones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, log_uniform
from mp3tomidi.augment.effects.convolution import convolve, fir_frequencies_hz, minimum_phase_fir

LOW_PASS, HIGH_PASS, BAND_PASS, TELEPHONE = range(4)
SHARES = (0.4, 0.4, 0.12, 0.08)  # a telephone takes the fundamentals away: rare
LOW_PASS_HZ = (1500.0, 7000.0)
HIGH_PASS_HZ = (40.0, 400.0)
TELEPHONE_LOW_HZ = (200.0, 400.0)
TELEPHONE_HIGH_HZ = (2800.0, 3800.0)
MAX_ORDER = 4
TELEPHONE_ORDER = 6


@dataclass(frozen=True)
class FilterParams(Params):
    """Butterworth corners; an order of 0 leaves that edge open."""

    high_pass_hz: NDArray[np.float64]
    high_pass_order: NDArray[np.int64]
    low_pass_hz: NDArray[np.float64]
    low_pass_order: NDArray[np.int64]


class Filter(KeepsTime):
    """Low-pass, high-pass, band-pass or telephone band, with the minimum phase of a Butterworth filter."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def draw(self, rng: np.random.Generator, n: int) -> FilterParams:
        kind = rng.choice(len(SHARES), n, p=SHARES)
        order = rng.integers(1, MAX_ORDER + 1, (2, n))
        phone = kind == TELEPHONE
        low_hz = np.where(phone, rng.uniform(*TELEPHONE_LOW_HZ, n), log_uniform(rng, HIGH_PASS_HZ, n))
        high_hz = np.where(phone, rng.uniform(*TELEPHONE_HIGH_HZ, n), log_uniform(rng, LOW_PASS_HZ, n))
        order[:, phone] = TELEPHONE_ORDER
        return FilterParams(
            high_pass_hz=low_hz,
            high_pass_order=np.where(kind == LOW_PASS, 0, order[0]),
            low_pass_hz=high_hz,
            low_pass_order=np.where(kind == HIGH_PASS, 0, order[1]),
        )

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
