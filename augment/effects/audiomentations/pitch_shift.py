"""Pitch shift by audiomentations: Signalsmith Stretch's own transposition, with its preset."""

from __future__ import annotations

import torch
from torch import Tensor

from mp3tomidi.augment.effects.audiomentations.transform import transformed
from mp3tomidi.augment.effects.pitch_shift import PitchShift, PitchShiftParams


class AudiomentationsPitchShift(PitchShift):
    """Higher or lower by whole semitones."""

    def sound(self, x: Tensor, params: PitchShiftParams) -> Tensor:
        from audiomentations import PitchShift as Transform

        transform, shifted = Transform(p=1.0), [x[:0]]
        for clip, semitones in enumerate(params.semitones.tolist()):
            one = x[clip : clip + 1]
            shifted.append(transformed(one, self.sample_rate, transform, num_semitones=semitones) if semitones else one)
        return torch.cat(shifted)
