"""Pitch shift: higher or lower by whole semitones at the same speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import Params
from mp3tomidi.augment.effects.ranges import Limits, Ranges, WholeSpan
from mp3tomidi.augment.effects.signal.resampling import played_at
from mp3tomidi.augment.effects.signal.stretching import require, stretched
from mp3tomidi.augment.labels import Labels, transposed


@dataclass(frozen=True)
class PitchShiftRanges(Ranges):
    semitones: Annotated[WholeSpan, Limits(-12, 12)] = (-4, 4)


@dataclass(frozen=True)
class PitchShiftParams(Params):
    semitones: NDArray[np.int64]


class PitchShift:
    """A stretch, played at the speed that takes it back to its length. Labels move in pitch; drums keep their keys."""

    changes_length = False

    def __init__(self, sample_rate: int, ranges: PitchShiftRanges = PitchShiftRanges()) -> None:
        require()
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> PitchShiftParams:
        lowest, highest = self.ranges.semitones
        return PitchShiftParams(rng.integers(lowest, highest + 1, n))

    def sound(self, x: Tensor, params: PitchShiftParams) -> Tensor:
        samples, shifted = x.shape[-1], []
        for clip, speed in enumerate((2.0 ** (params.semitones / 12.0)).tolist()):
            y = played_at(stretched(x[clip : clip + 1], 1.0 / speed, self.sample_rate), speed)
            shifted.append(torch.nn.functional.pad(y, (0, max(0, samples - y.shape[-1])))[..., :samples])
        return torch.cat(shifted) if shifted else x.clone()

    def labels(self, labels: Labels, params: PitchShiftParams) -> Labels:
        return transposed(labels, params.semitones)
