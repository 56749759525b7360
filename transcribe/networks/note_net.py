"""NoteNet: onset, frame, offset and velocity of 88 pitches from harmonically stacked spectrograms.

Convolutions only, the same for every pitch. A thin stem goes from three bins a semitone to one cell a pitch; then
residual blocks alternate between time (dilated, for context) and pitch (dilated by an octave, a fifth and a
third, where the confusions lie: compare HPPNet, Wei et al. 2022).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mp3tomidi.transcribe.front_end.normalisation import (
    HARMONICS,
    band_level,
    band_power,
    harmonic_channels,
    normalised_log,
)
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH, PITCH_COUNT
from mp3tomidi.transcribe.networks.axis_conv import AxisConv
from mp3tomidi.transcribe.networks.settings import NoteNetSettings

RARE_EVENT_BIAS = -3.0  # nearly all cells are silent: start there


class Block(nn.Module):
    """Pre-activated residual block: one convolution along time, one along pitch."""

    def __init__(self, channels: int, time_dilation: int, pitch_dilation: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, momentum=0.03)
        self.time = AxisConv(channels, "time", time_dilation, initial_scale=(2 / (3 * channels)) ** 0.5)
        self.pitch = AxisConv(channels, "pitch", pitch_dilation, initial_scale=0.02)

    def forward(self, x: Tensor) -> Tensor:
        branch: Tensor = self.pitch(functional.relu(self.time(functional.relu(self.norm(x)))))
        return x + branch


class NoteNet(nn.Module):
    """Amplitude spectrogram [batch, view, frames, bin] to logits [batch, output, frames, 88].

    The outputs are OUTPUTS and, with `family_rolls`, where each of FAMILIES sounds.
    """

    def __init__(self, settings: NoteNetSettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or NoteNetSettings()
        front_end = settings.front_end
        views = len(front_end.window_samples)
        per_pitch = front_end.bins_per_semitone
        channels = settings.channels
        self.stem = nn.Conv2d(views * len(HARMONICS), channels, (5, per_pitch), stride=(1, per_pitch), padding=(2, 0))
        self.blocks = nn.Sequential(
            *(
                Block(channels, time, pitch)
                for time, pitch in zip(settings.time_dilations, settings.pitch_dilations, strict=True)
            )
        )
        self.norm = nn.BatchNorm2d(channels, momentum=0.03)
        self.head = nn.Conv2d(channels, settings.output_count, (3, 1), padding=(1, 0))
        nn.init.constant_(self.head.bias, RARE_EVENT_BIAS)  # type: ignore[arg-type]
        first = (PIANO_LOWEST_PITCH - front_end.lowest_pitch) * per_pitch - per_pitch // 2
        self.first_bin = round(first)

    def forward(self, amplitude: Tensor, level: Tensor | None = None) -> Tensor:
        """`level` [batch, view, bin] is the whole recording's (see normalisation); by default it is measured here."""
        result: Tensor = self.head(self.last_layer(amplitude, level))
        return result

    def last_layer(self, amplitude: Tensor, level: Tensor | None = None) -> Tensor:
        """The last hidden layer [batch, channel, frames, 88]."""
        per_pitch = self.settings.front_end.bins_per_semitone
        if level is None:
            level = band_level(band_power(amplitude), per_pitch)
        inputs = harmonic_channels(normalised_log(amplitude, level), per_pitch, self.first_bin, PITCH_COUNT * per_pitch)
        x = self.stem(inputs.contiguous(memory_format=torch.channels_last))
        return functional.relu(self.norm(self.blocks(x)))
