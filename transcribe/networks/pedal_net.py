"""PedalNet: whether the sustain pedal of a piano is down, from features of each moment.

Convolutions along time alone, with residual blocks whose dilation doubles: what a pedal does shows in what sounds a
second or two before and after.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mp3tomidi.transcribe.networks.settings import PEDAL_OUTPUTS, PedalNetSettings


class Block(nn.Module):
    """A pre-activated residual block of one convolution."""

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)
        self.conv = nn.Conv1d(channels, channels, kernel, padding=dilation * (kernel // 2), dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        branch: Tensor = self.conv(functional.relu(self.norm(x)))
        return x + branch


class PedalNet(nn.Module):
    """Features [batch, feature, steps] of `notes.pedal_features` to logits [batch, PEDAL_OUTPUTS, steps].

    Features are standardised by their mean and deviation over all that the network is trained on, which are part of
    its weights.
    """

    def __init__(self, settings: PedalNetSettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or PedalNetSettings()
        channels, kernel = settings.channels, settings.kernel
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(settings.feature_count, 1))
        self.register_buffer("deviation", torch.ones(settings.feature_count, 1))
        self.dropout = nn.Dropout1d(settings.dropout)
        self.first = nn.Conv1d(settings.feature_count, channels, kernel, padding=kernel // 2)
        self.blocks = nn.Sequential(*(Block(channels, kernel, dilation) for dilation in settings.dilations))
        self.norm = nn.BatchNorm1d(channels)
        self.head = nn.Conv1d(channels, len(PEDAL_OUTPUTS), 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        inputs = self.dropout((features - self.mean) / self.deviation)
        result: Tensor = self.head(functional.relu(self.norm(self.blocks(self.first(inputs)))))
        return result
