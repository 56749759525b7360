"""The band of a telephone as cascades of SoX's biquads."""

from __future__ import annotations

from torch import Tensor

from mp3tomidi.augment.effects.filter import FilterParams
from mp3tomidi.augment.effects.phone import Phone
from mp3tomidi.augment.effects.sox.filter import filtered


class SoxPhone(Phone):
    """A band with Butterworth edges of high order."""

    def sound(self, x: Tensor, params: FilterParams) -> Tensor:
        return filtered(x, params, self.sample_rate)
