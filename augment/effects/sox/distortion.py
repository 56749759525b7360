"""SoX's `overdrive`: one soft curve, x - x^3 / 3, half of the clean sound under it, and what it shifts taken out."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mp3tomidi.augment.effects.base import rms
from mp3tomidi.augment.effects.distortion import Distortion, DistortionParams
from mp3tomidi.augment.effects.sox.program import HEADROOM, of_length, through_sox

ANY_RATE_HZ = 44_100  # the curve has no memory but that of what takes the constant part out


class SoxDistortion(Distortion):
    """The drive is that drawn, and the loudness is kept; the drawn shape is not used."""

    def sound(self, x: Tensor, params: DistortionParams) -> Tensor:
        changed = [x[:0]]
        for clip in range(len(x)):
            gain_db = float(params.drive_db[clip]) - 20.0 * math.log10(HEADROOM)
            y = of_length(through_sox(x[clip : clip + 1], ANY_RATE_HZ, ["overdrive", gain_db, 0.0]), x.shape[-1])
            changed.append(y * (rms(x[clip : clip + 1]) / rms(y).clamp_min(1e-9)))
        return torch.cat(changed)
