"""The narrow ear of a telephone or voice memo: steep edges on both sides."""

from __future__ import annotations

import numpy as np

from mp3tomidi.augment.effects.base import log_uniform
from mp3tomidi.augment.effects.filter import Filter, FilterParams

HIGH_PASS_HZ = (80.0, 400.0)
LOW_PASS_HZ = (3000.0, 7000.0)
ORDER = (4, 10)


class Phone(Filter):
    """A band with Butterworth edges of high order, both of them on every clip; no more delay than that needs."""

    def draw(self, rng: np.random.Generator, n: int) -> FilterParams:
        order = rng.integers(ORDER[0], ORDER[1] + 1, (2, n))
        return FilterParams(
            high_pass_hz=log_uniform(rng, HIGH_PASS_HZ, n),
            high_pass_order=order[0],
            low_pass_hz=log_uniform(rng, LOW_PASS_HZ, n),
            low_pass_order=order[1],
        )
