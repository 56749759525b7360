"""Time stretch by audiomentations: Signalsmith Stretch with its preset."""

from __future__ import annotations

import torch
from torch import Tensor

from mp3tomidi.augment.effects.audiomentations.transform import transformed
from mp3tomidi.augment.effects.time_stretch import TimeStretch, TimeStretchParams


class AudiomentationsTimeStretch(TimeStretch):
    """Faster or slower at the same pitch."""

    def sound(self, x: Tensor, params: TimeStretchParams) -> Tensor:
        from audiomentations import TimeStretch as Transform

        speed = float(params.speed[0])
        wanted = round(x.shape[-1] / speed)
        y = transformed(x, self.sample_rate, Transform(leave_length_unchanged=False, p=1.0), rate=speed)
        return torch.nn.functional.pad(y, (0, max(0, wanted - y.shape[-1])))[..., :wanted]
