"""FCN-4, a baseline: mel spectrograms to the logits of tags, with convolutions and pools only.

Choi, Fazekas and Sandler, "Automatic tagging using deep convolutional neural networks" (2016, arXiv 1606.00298): four
layers of 3 x 3 filters, each with batch normalisation, ReLU, max-pooling and dropout, then one output of each tag. Made
for 29.1 s at 12 kHz, transform 512, hop 256: 96 mel bands of 1,366 frames, in decibels. It has 17,359,282 parameters
without batch normalisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from mp3tomidi.transcribe.settings import SettingsError

FRAMES = 1366
BANDS = 96


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


class Fcn4(nn.Module):
    """Levels in decibels, [batch, 96 bands, 1,366 frames], to logits, [batch, classes].

    What is longer or higher than one step of all pools is heard too: the highest logit of all places counts.
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

    def forward(self, levels: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layers(levels[:, None])).amax(dim=(2, 3))
        return logits
