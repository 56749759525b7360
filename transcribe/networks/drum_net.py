"""DrumNet: onset and velocity of the pieces of a drum kit from three spectrograms, from a long view to a short one.

Convolutions that each halve the bins, then one that makes features of what is left of a frame, then residual blocks
along time: as the event-level networks of drum transcription have it (Vogl et al. 2018, Zehren et al. 2023), with
dilated convolutions where those are recurrent.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from mp3tomidi.transcribe.drum_kit import PIECE_COUNT
from mp3tomidi.transcribe.front_end.normalisation import band_level, band_power, normalised_log
from mp3tomidi.transcribe.networks.axis_conv import AxisConv
from mp3tomidi.transcribe.networks.settings import DRUM_OUTPUTS, DrumNetSettings

RARE_EVENT_BIAS = -4.0  # nearly all cells are silent: start there
_MOMENTUM = 0.03


class Block(nn.Module):
    """Pre-activated residual block along time: a dilated convolution, and a mixture of the channels."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, momentum=_MOMENTUM)
        self.time = AxisConv(channels, "time", dilation, initial_scale=(2 / (3 * channels)) ** 0.5)
        self.mixture = nn.Conv2d(channels, channels, 1, bias=False)
        nn.init.normal_(self.mixture.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        branch: Tensor = self.mixture(functional.relu(self.time(functional.relu(self.norm(x)))))
        return x + branch


class DrumNet(nn.Module):
    """Amplitude spectrogram [batch, view, frames, bin] to logits [batch, output, frames, piece].

    Outputs in the order DRUM_OUTPUTS, pieces in that of drum_kit.DRUM_PIECES.
    """

    def __init__(self, settings: DrumNetSettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or DrumNetSettings()
        widths = (len(settings.front_end.window_samples), *settings.stem_channels)
        stem: list[nn.Module] = []
        bins = settings.front_end.bin_count
        for fewer, more in pairwise(widths):
            stem.append(nn.Conv2d(fewer, more, 3, stride=(1, 2), padding=1, bias=False))
            stem += [nn.BatchNorm2d(more, momentum=_MOMENTUM), nn.ReLU()]
            bins = (bins + 1) // 2
        self.stem = nn.Sequential(*stem)
        self.collapse = nn.Conv2d(widths[-1], settings.channels, (1, bins))
        self.blocks = nn.Sequential(*(Block(settings.channels, dilation) for dilation in settings.time_dilations))
        self.norm = nn.BatchNorm2d(settings.channels, momentum=_MOMENTUM)
        self.head = nn.Conv2d(settings.channels, len(DRUM_OUTPUTS) * PIECE_COUNT, (3, 1), padding=(1, 0))
        bias = torch.tensor([RARE_EVENT_BIAS, 0.0]).repeat_interleave(PIECE_COUNT)
        self.head.bias = nn.Parameter(bias)

    def forward(self, amplitude: Tensor, level: Tensor | None = None) -> Tensor:
        """`level` [batch, view, bin] is the whole recording's (see normalisation); by default it is measured here."""
        if level is None:
            level = band_level(band_power(amplitude), self.settings.front_end.bins_per_semitone)
        inputs = normalised_log(amplitude, level).contiguous(memory_format=torch.channels_last)
        features = self.blocks(self.collapse(self.stem(inputs)))
        logits: Tensor = self.head(functional.relu(self.norm(features)))
        return logits.reshape(len(logits), len(DRUM_OUTPUTS), PIECE_COUNT, -1).transpose(2, 3)
