"""The automatic gain of a telephone or pocket recorder: loud notes push it down, and it creeps up again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, Stage, from_db, log_uniform, per_clip
from mp3tomidi.augment.effects.compression import Compression, CompressionParams, CompressionRanges
from mp3tomidi.augment.effects.ranges import Limits, Span


@dataclass(frozen=True)
class AutomaticGainRanges(CompressionRanges):
    threshold_db: Annotated[Span, Limits(-80.0, 0.0)] = (
        -35.0,
        -10.0,
    )  # relative to the clip's peak: how far down it reacts
    ratio: Annotated[Span, Limits(1.0, 100.0)] = (2.0, 12.0)
    attack_s: Annotated[Span, Limits(0.0005, 1.0)] = (0.010, 0.300)
    release_db_per_s: Annotated[Span, Limits(0.1, 2000.0)] = (3.0, 30.0)
    before_db: Annotated[Span, Limits(-80.0, 0.0)] = (-40.0, 0.0)


@dataclass(frozen=True)
class AutomaticGainParams(CompressionParams):
    before_db: NDArray[np.float64]  # the level held when the clip begins, relative to its peak


class AutomaticGain(Compression):
    """A compressor of low threshold and slow release that was at work before the clip began."""

    training = InTraining(Stage.RECORDER, place=3, name="agc")

    ranges: AutomaticGainRanges

    def __init__(self, sample_rate: int, ranges: AutomaticGainRanges = AutomaticGainRanges()) -> None:
        super().__init__(sample_rate, ranges)

    def draw(self, rng: np.random.Generator, n: int) -> AutomaticGainParams:
        return AutomaticGainParams(
            threshold_db=rng.uniform(*self.ranges.threshold_db, n),
            ratio=log_uniform(rng, self.ranges.ratio, n),
            attack_s=log_uniform(rng, self.ranges.attack_s, n),
            release_db_per_s=log_uniform(rng, self.ranges.release_db_per_s, n),
            before_db=rng.uniform(*self.ranges.before_db, n),
        )

    def _with_past(self, peaks: Tensor, params: CompressionParams) -> Tensor:
        """The peaks [batch, frame] after as many of the level before as the attack remembers."""
        assert isinstance(params, AutomaticGainParams)
        before = peaks.amax(-1, keepdim=True) * per_clip(from_db(params.before_db), peaks)[:, 0]
        return torch.cat([before.expand(-1, self.attack_frames + 2), peaks], dim=-1)
