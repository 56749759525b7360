"""The band of a telephone by audiomentations."""

from __future__ import annotations

from torch import Tensor

from mp3tomidi.augment.effects.audiomentations.filter import filtered
from mp3tomidi.augment.effects.filter import FilterParams
from mp3tomidi.augment.effects.phone import Phone


class AudiomentationsPhone(Phone):
    """A band with Butterworth edges of high order."""

    def sound(self, x: Tensor, params: FilterParams) -> Tensor:
        return filtered(x, params, self.sample_rate)
