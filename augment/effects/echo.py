"""Echo: a delay line whose repeats grow softer and duller, far enough under the sound to be no notes of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from mp3tomidi.augment.effects.base import KeepsTime, Params, from_db, log_uniform
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span

REPEATS = 4


@dataclass(frozen=True)
class EchoRanges(Ranges):
    delay_s: Annotated[Span, Limits(0.005, 2.0)] = (0.07, 0.6)
    level_db: Annotated[Span, Limits(-80.0, -1.0)] = (-26.0, -9.0)  # of the first repeat
    feedback_db: Annotated[Span, Limits(-80.0, -1.0)] = (-15.0, -4.0)  # of each repeat relative to the one before


@dataclass(frozen=True)
class EchoParams(Params):
    delay_s: NDArray[np.float64]
    level_db: NDArray[np.float64]
    feedback_db: NDArray[np.float64]


class Echo(KeepsTime):
    """Four repeats; each is the mean of two neighbouring samples of the one before, which takes its highs away."""

    def __init__(self, sample_rate: int, ranges: EchoRanges = EchoRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> EchoParams:
        return EchoParams(
            delay_s=log_uniform(rng, self.ranges.delay_s, n),
            level_db=rng.uniform(*self.ranges.level_db, n),
            feedback_db=rng.uniform(*self.ranges.feedback_db, n),
        )

    def sound(self, x: Tensor, params: EchoParams) -> Tensor:
        y = x.clone()
        samples = x.shape[-1]
        delays = np.round(params.delay_s * self.sample_rate).astype(np.int64)
        for clip, delay in enumerate(delays.tolist()):
            repeat, gain = x[clip], float(from_db(params.level_db)[clip])
            for _ in range(REPEATS):
                if delay >= repeat.shape[-1]:
                    break
                repeat = repeat[..., : repeat.shape[-1] - delay]
                repeat = 0.5 * (repeat + pad(repeat, (1, 0))[..., :-1])
                y[clip, :, samples - repeat.shape[-1] :] += gain * repeat
                gain *= float(from_db(params.feedback_db)[clip])
        return y
