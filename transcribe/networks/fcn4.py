"""FCN-4, a baseline: mel spectrograms to the logits of tags, with convolutions and pools only.

Choi, Fazekas and Sandler, "Automatic tagging using deep convolutional neural networks" (2016, arXiv 1606.00298): four
layers of 3 x 3 filters, each with batch normalisation, ReLU, max-pooling and dropout, then one output of each tag. Made
for 29.1 s at 12 kHz, transform 512, hop 256: 96 mel bands of 1,366 frames, in decibels. It has 17,359,282 parameters
without batch normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.mel_filters import mel_filters

FRAMES = 1366
BANDS = 96
TRANSFORM_SAMPLES = 512
HOP_SAMPLES = 256
_FLOOR = 1e-6  # of the power; a tone at a segment's level has some 10


@dataclass(frozen=True, slots=True)
class Fcn4Settings:
    """The size of an FCN-4; by default the published one. Raises SettingsError if channels and pools do not match."""

    class_count: int = 50
    channels: tuple[int, ...] = (128, 384, 768, 2048)
    band_pools: tuple[int, ...] = (2, 4, 3, 4)
    frame_pools: tuple[int, ...] = (4, 5, 8, 8)
    dropout: float = 0.5

    def __post_init__(self) -> None:
        if not self.channels or not len(self.channels) == len(self.band_pools) == len(self.frame_pools):
            raise SettingsError("each layer of an FCN-4 needs its channels, its pool of bands and its pool of frames")

    @property
    def frames(self) -> int:
        """Frames that all pools together bring down to one: the shortest input."""
        return prod(self.frame_pools)


class Fcn4(nn.Module):
    """Levels in decibels, [batch, 96 bands, 1,366 frames], to logits, [batch, classes].

    What is longer or higher than one step of all pools counts too: the highest logit of all places counts.
    """

    def __init__(self, settings: Fcn4Settings) -> None:
        super().__init__()
        self.settings = settings
        layers: list[nn.Module] = []
        pools = zip(settings.band_pools, settings.frame_pools, strict=True)
        for (fewer, more), pool in zip(pairwise((1, *settings.channels)), pools, strict=True):
            layers += [nn.Conv2d(fewer, more, 3, padding=1), nn.BatchNorm2d(more), nn.ReLU()]
            layers += [nn.MaxPool2d(pool), nn.Dropout(settings.dropout)]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Conv2d(settings.channels[-1], settings.class_count, 1)

    def embed(self, levels: Tensor) -> Tensor:
        """The embedding, [batch, channels of the last layer]: of each channel the highest."""
        features: Tensor = self.layers(levels[:, None])
        return features.amax(dim=(2, 3))

    def answer(self, embeddings: Tensor) -> Tensor:
        """Embeddings of clips that the pools bring down to one place to logits, [batch, classes]."""
        logits: Tensor = self.head(embeddings[:, :, None, None])
        return logits.flatten(1)

    def forward(self, levels: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layers(levels[:, None])).amax(dim=(2, 3))
        return logits


class Fcn4Ensemble(nn.Module):
    """Several FCN-4s of any sizes over the same levels: the mean of their logits, their embeddings side by side."""

    def __init__(self, settings: Sequence[Fcn4Settings]) -> None:
        super().__init__()
        self.members = nn.ModuleList(Fcn4(each) for each in settings)
        self._sizes = [each.channels[-1] for each in settings]

    def embed(self, levels: Tensor) -> Tensor:
        """As `Fcn4.embed`, [batch, channels of the last layers of all]."""
        return torch.cat([member.embed(levels) for member in self.fcn4s()], dim=1)

    def answer(self, embeddings: Tensor) -> Tensor:
        """As `Fcn4.answer`."""
        parts = zip(self.fcn4s(), torch.split(embeddings, self._sizes, dim=1), strict=True)
        return torch.stack([member.answer(part) for member, part in parts]).mean(dim=0)

    def fcn4s(self) -> list[Fcn4]:
        """The members in order."""
        return [member for member in self.members if isinstance(member, Fcn4)]


def mel_levels(
    sound: Tensor, sample_rate: int, frames: int, bands: int = BANDS, filters: Tensor | None = None
) -> Tensor:
    """Sound, [batch, samples], as bels, [batch, bands, frames]; its end is cut off.

    filters: those of `mel_filters`, where they are computed already.
    Raises ValueError where the sound has too few samples for the frames.
    """
    if sound.shape[1] < frames * HOP_SAMPLES:
        raise ValueError(f"{sound.shape[1]} samples are too few for {frames} frames of {HOP_SAMPLES}")
    window = torch.hann_window(TRANSFORM_SAMPLES, device=sound.device)
    spectrum = torch.stft(
        sound, TRANSFORM_SAMPLES, HOP_SAMPLES, window=window, center=True, pad_mode="constant", return_complex=True
    )
    if filters is None:
        filters = torch.from_numpy(mel_filters(bands, sample_rate, TRANSFORM_SAMPLES)).to(sound.device)
    return torch.log10(filters @ spectrum.abs().square()[:, :, :frames] + _FLOOR)
