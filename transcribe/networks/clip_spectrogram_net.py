"""ClipSpectrogramNet: classifies short sounds, such as drum samples, by their spectrograms.

Two-dimensional filters of three by three over log-frequency spectrograms, in stages that each halve frames and bins;
the bins that are left keep their places, of the frames the mean and the highest are taken.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings


class ClipSpectrogramNet(nn.Module):
    """Spectrograms of a clip by `front_end.clips`, [batch, view, frames, bin], to the logits of its classes."""

    def __init__(self, settings: ClipSpectrogramNetSettings) -> None:
        super().__init__()
        self.settings = settings
        widths = (len(settings.front_end.window_samples), *settings.channels)
        bins = settings.front_end.bin_count
        stages: list[nn.Module] = []
        for stage, (fewer, more) in enumerate(pairwise(widths)):
            stages += _layer(fewer, more, stride=2)
            if stage:  # at full resolution a second layer would cost more than all others
                stages += _layer(more, more, stride=1)
            bins = (bins + 1) // 2
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(2 * widths[-1] * bins, len(settings.classes))

    def forward(self, spectrogram: Tensor) -> Tensor:
        features = self.stages(spectrogram.contiguous(memory_format=torch.channels_last))
        pooled = torch.cat([features.mean(dim=2), features.amax(dim=2)], dim=1).flatten(1)
        logits: Tensor = self.head(self.dropout(pooled))
        return logits


def _layer(fewer: int, more: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(fewer, more, 3, stride, padding=1, bias=False), nn.BatchNorm2d(more), nn.ReLU()]
