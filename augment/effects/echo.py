"""Echo: a delay line whose repeats grow softer and duller, far enough under the sound to be no notes of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from mp3tomidi.augment.effects.base import KeepsTime, Params, from_db

DELAY_S = (0.07, 0.6)
LEVEL_DB = (-26.0, -9.0)  # of the first repeat
FEEDBACK_DB = (-15.0, -4.0)  # of each repeat relative to the one before
REPEATS = 4


@dataclass(frozen=True)
class EchoParams(Params):
    delay_s: NDArray[np.float64]
    level_db: NDArray[np.float64]
    feedback_db: NDArray[np.float64]


class Echo(KeepsTime):
    """Four repeats; each is the mean of two neighbouring samples of the one before, which takes its highs away."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def draw(self, rng: np.random.Generator, n: int) -> EchoParams:
        return EchoParams(
            delay_s=np.exp(rng.uniform(np.log(DELAY_S[0]), np.log(DELAY_S[1]), n)),
            level_db=rng.uniform(*LEVEL_DB, n),
            feedback_db=rng.uniform(*FEEDBACK_DB, n),
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
