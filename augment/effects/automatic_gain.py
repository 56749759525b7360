"""The automatic gain of a telephone or pocket recorder: loud notes push it down, and it creeps up again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import from_db, log_uniform, per_clip
from mp3tomidi.augment.effects.compression import Compression, CompressionParams

THRESHOLD_DB = (-35.0, -10.0)  # relative to the clip's peak: how far down the gain reacts
RATIO = (2.0, 12.0)
ATTACK_S = (0.010, 0.300)
RELEASE_DB_PER_S = (3.0, 30.0)
BEFORE_DB = (-40.0, 0.0)


@dataclass(frozen=True)
class AutomaticGainParams(CompressionParams):
    before_db: NDArray[np.float64]  # the level held when the clip begins, relative to its peak


class AutomaticGain(Compression):
    """A compressor of low threshold and slow release that has heard something before the clip began."""

    longest_attack_s = ATTACK_S[1]

    def draw(self, rng: np.random.Generator, n: int) -> AutomaticGainParams:
        return AutomaticGainParams(
            threshold_db=rng.uniform(*THRESHOLD_DB, n),
            ratio=log_uniform(rng, RATIO, n),
            attack_s=log_uniform(rng, ATTACK_S, n),
            release_db_per_s=log_uniform(rng, RELEASE_DB_PER_S, n),
            before_db=rng.uniform(*BEFORE_DB, n),
        )

    def _with_past(self, peaks: Tensor, params: CompressionParams) -> Tensor:
        """The peaks [batch, frame] after as many of the level before as the attack remembers."""
        assert isinstance(params, AutomaticGainParams)
        before = peaks.amax(-1, keepdim=True) * per_clip(from_db(params.before_db), peaks)[:, 0]
        return torch.cat([before.expand(-1, self.attack_frames + 2), peaks], dim=-1)
