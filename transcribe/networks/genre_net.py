"""GenreNet, a baseline: the network of common tutorials on genres, a one-dimensional CNN over mel bands.

Three convolutions in time (32, 32 and 64 channels; filters and pools of 8, 8 and 4 frames; no padding, as is Keras'
default), then 64 units with dropout. For 10 classes it has 62,282 parameters. It sees 1,024 frames of 128 mel bands:
23.8 s at 22,050 Hz, transform 1,024, hop 512, log10(1 + 10 x) of the power x.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.mel_filters import mel_filters

SAMPLE_RATE = 22_050
TRANSFORM_SAMPLES = 1024
HOP_SAMPLES = 512


@dataclass(frozen=True, slots=True)
class GenreNetSettings:
    """The size of a GenreNet; by default the tutorial's. Raises SettingsError if a clip is too short for the pools."""

    class_count: int = 10
    bands: int = 128
    frames: int = 1024
    channels: tuple[int, ...] = (32, 32, 64)
    filter_frames: tuple[int, ...] = (8, 8, 4)  # and of the pools
    hidden: int = 64
    dropout: float = 0.5

    def __post_init__(self) -> None:
        if not self.channels or len(self.channels) != len(self.filter_frames):
            raise SettingsError("each convolution of a GenreNet needs its channels and its filter")
        if self.frames_left < 1:
            raise SettingsError(f"{self.frames} frames are too few for filters of {self.filter_frames}")

    @property
    def frames_left(self) -> int:
        """Frames after all convolutions and pools."""
        left = self.frames
        for length in self.filter_frames:
            left = (left - length + 1) // length
        return left


class GenreNet(nn.Module):
    """Log-mel spectrograms by `log_mel`, [batch, bands, frames], to logits, [batch, classes]."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, settings: GenreNetSettings) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("mean", torch.zeros(settings.bands, 1))
        self.register_buffer("deviation", torch.ones(settings.bands, 1))
        layers: list[nn.Module] = []
        widths = pairwise((settings.bands, *settings.channels))
        for (fewer, more), length in zip(widths, settings.filter_frames, strict=True):
            layers += [nn.Conv1d(fewer, more, length), nn.ReLU(), nn.MaxPool1d(length)]
        self.layers = nn.Sequential(*layers)
        self.hidden = nn.Linear(settings.channels[-1] * settings.frames_left, settings.hidden)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(settings.hidden, settings.class_count)

    def standardise_by(self, clips: Tensor) -> None:
        """From here on, each band is standardised by mean and deviation of the training set, [clips, bands, frames]."""
        self.mean.copy_(clips.mean(dim=(0, 2))[:, None])
        self.deviation.copy_(clips.std(dim=(0, 2))[:, None].clamp(min=1e-6))

    def embed(self, spectrogram: Tensor) -> Tensor:
        """Log-mel spectrograms by `log_mel` to embeddings, [batch, hidden]."""
        features = self.layers((spectrogram - self.mean) / self.deviation).flatten(1)
        return torch.relu(self.hidden(features))

    def answer(self, embeddings: Tensor) -> Tensor:
        """Embeddings to logits, [batch, classes]."""
        logits: Tensor = self.head(self.dropout(embeddings))
        return logits

    def forward(self, spectrogram: Tensor) -> Tensor:
        return self.answer(self.embed(spectrogram))


def log_mel(sound: Tensor, bands: int = 128, frames: int = 1024) -> Tensor:
    """Sound, [batch, samples] at 22,050 Hz, as [batch, bands, frames]; cut at the end, or filled up with silence."""
    wanted = (frames - 1) * HOP_SAMPLES + TRANSFORM_SAMPLES // 2
    sound = nn.functional.pad(sound[:, :wanted], (0, max(0, wanted - sound.shape[1])))
    window = torch.hann_window(TRANSFORM_SAMPLES, device=sound.device)
    spectrum = torch.stft(
        sound, TRANSFORM_SAMPLES, HOP_SAMPLES, window=window, center=True, pad_mode="constant", return_complex=True
    )
    power = (
        torch.from_numpy(mel_filters(bands, SAMPLE_RATE, TRANSFORM_SAMPLES)).to(sound.device)
        @ spectrum.abs().square()[:, :, :frames]
    )
    return torch.log10(1 + 10 * power)
