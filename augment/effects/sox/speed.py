"""SoX's `speed`, which resamples."""

from __future__ import annotations

from torch import Tensor

from mp3tomidi.augment.effects.sox.program import of_length, through_sox
from mp3tomidi.augment.effects.speed import Speed, SpeedParams

ANY_RATE_HZ = 44_100  # only the ratio of two rates counts


class SoxSpeed(Speed):
    """Faster and higher, or slower and lower."""

    def sound(self, x: Tensor, params: SpeedParams) -> Tensor:
        speed = float(params.speed[0])
        y = through_sox(x, ANY_RATE_HZ, ["speed", f"{speed:.9f}"])
        return of_length(y, round(x.shape[-1] / speed))
