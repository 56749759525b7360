"""SampleCNN: a waveform, sample by sample, to the logits of its classes; one-dimensional filters of a few samples only.

The network of Lee, Park, Kim and Nam, "Sample-level deep convolutional neural networks for music auto-tagging using
raw waveforms" (2017, arXiv 1703.01789), with the blocks of Kim, Lee and Nam, "Sample-level CNN architectures for
music auto-tagging using raw waveforms" (2018, arXiv 1710.10451), as options.

With `SampleCnnSettings()` it is the published 3^9 model. Without batch normalisation it has 1,863,986 parameters:
1,860,992 weights (3 x 128; 3 times each step of 128-128-128-256-256-256-256-256-256-512; 512 x 512; 512 x 50) and
2,994 biases (of each convolution, though batch normalisation follows it, and of the output). The published answer is a
sigmoid of the logits, because tags do not exclude each other.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.networks.sample_cnn_settings import SampleCnnSettings


class SampleCnn(nn.Module):
    """Sound, [batch, samples] in -1 to 1 at any rate, to logits, [batch, classes].

    `forward` and `embed` raise ValueError if a clip does not have `settings.clip_samples` samples.
    """

    def __init__(self, settings: SampleCnnSettings) -> None:
        super().__init__()
        self.settings = settings
        last = settings.channels[-1]
        self.first = nn.Sequential(
            nn.Conv1d(1, settings.first_channels, settings.first_samples, settings.first_samples),
            nn.BatchNorm1d(settings.first_channels),
            nn.ReLU(),
        )
        widths = pairwise((settings.first_channels, *settings.channels))
        self.blocks = nn.Sequential(*(Block(fewer, more, settings) for fewer, more in widths))
        self.last = nn.Sequential(nn.Conv1d(last, last, 1), nn.BatchNorm1d(last), nn.ReLU())
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(last, settings.class_count)

    def embed(self, sound: Tensor) -> Tensor:
        """Sound, as for `forward`, to the embedding, [batch, channels of the last module]."""
        if sound.ndim != 2 or sound.shape[1] != self.settings.clip_samples:
            raise ValueError(f"clips must be [batch, {self.settings.clip_samples}], not {list(sound.shape)}")
        features: Tensor = self.last(self.blocks(self.first(sound[:, None])))  # [batch, channel, 1]
        return features.squeeze(2)

    def answer(self, embeddings: Tensor) -> Tensor:
        """Embeddings to logits, [batch, classes]."""
        logits: Tensor = self.head(self.dropout(embeddings))
        return logits

    def forward(self, sound: Tensor) -> Tensor:
        return self.answer(self.embed(sound))


class Block(nn.Module):
    """[batch, fewer, times] to [batch, more, times / pool]: the plain block of 2017, or one of those of 2018.

    "residual" and "rese" have a second convolution, and a way round both; "se" and "rese" weight the channels.
    """

    def __init__(self, fewer: int, more: int, settings: SampleCnnSettings) -> None:
        super().__init__()
        length, self.residual = settings.filter_samples, settings.block in ("residual", "rese")
        layers: list[nn.Module] = [nn.Conv1d(fewer, more, length, padding="same"), nn.BatchNorm1d(more)]
        if self.residual:
            layers += [nn.ReLU(), nn.Dropout(settings.block_dropout)]
            layers += [nn.Conv1d(more, more, length, padding="same"), nn.BatchNorm1d(more)]
        self.layers = nn.Sequential(*layers)
        self.around: nn.Module = nn.Identity()
        if self.residual and fewer != more:
            self.around = nn.Sequential(nn.Conv1d(fewer, more, 1), nn.BatchNorm1d(more))
        self.weighting: nn.Module = nn.Identity()
        if settings.block in ("se", "rese"):
            self.weighting = SqueezeExcitation(more, settings.squeeze_ratio)
        self.pool = nn.MaxPool1d(length)

    def forward(self, features: Tensor) -> Tensor:
        if self.residual:
            pooled: Tensor = self.pool(torch.relu(self.around(features) + self.weighting(self.layers(features))))
        else:
            pooled = self.weighting(self.pool(torch.relu(self.layers(features))))
        return pooled


class SqueezeExcitation(nn.Module):
    """Each channel times a weight of 0 to 1 that all channels' means decide on; [batch, channels, times] in and out.

    Kim et al. (2018) let the layer in between have more units than there are channels, `ratio` times as many.
    """

    def __init__(self, channels: int, ratio: float) -> None:
        super().__init__()
        between = max(1, round(ratio * channels))
        self.weights = nn.Sequential(
            nn.Linear(channels, between), nn.ReLU(), nn.Linear(between, channels), nn.Sigmoid()
        )

    def forward(self, features: Tensor) -> Tensor:
        weighted: Tensor = features * self.weights(features.mean(dim=2))[:, :, None]
        return weighted
