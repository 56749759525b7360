"""RhythmNet: how regularly notes begin to class logits; a small CNN over the autocorrelation of the onset strength.

Who plays well keeps to a beat, so that onsets come again after the same times; who hesitates, stumbles or repeats does
not. The onset strength is the rise of eleven bands at 10 ms (spectral flux: Dixon 2006, "Onset detection revisited"),
its autocorrelation the rhythm's spectrum of periods (Ellis 2007, "Beat tracking by dynamic programming").
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.dataclass_parsing import SettingsError

SAMPLE_RATE = 4_000  # Hz: the bands end at 2 kHz, above which little begins that does not begin below
TRANSFORM_SAMPLES = 128
HOP_SAMPLES = 40
BAND_EDGES = (2, 3, 4, 6, 8, 11, 15, 20, 26, 35, 47, 64)  # bins of the transform, from 62 Hz to 2 kHz
POWERS = (1.0, 0.5)  # of the onset strength: loud notes count most, or all alike
_FLOOR = 1e-5  # of a band's power; a segment has some 10
_MEAN_FRAMES = 51  # that an onset must stand out from
_SMOOTHING_FRAMES = 9  # notes that differ by less keep to the beat
_SHORTEST_LAG = 12  # from which on a peak is a period
_STATISTICS = 3


@dataclass(frozen=True, slots=True)
class RhythmNetSettings:
    """The size of a RhythmNet. Raises SettingsError if its layers make no sense.

    frames: of a segment, 10 ms each; lags: the longest period, in frames; pools: of each layer, in lags.
    """

    class_count: int = 3
    frames: int = 1000
    lags: int = 300
    channels: tuple[int, ...] = (16, 24)
    filter_lags: int = 9
    pools: tuple[int, ...] = (3, 4)
    hidden: int = 64
    dropout: float = 0.4

    def __post_init__(self) -> None:
        if not self.channels or len(self.channels) != len(self.pools) or min(self.channels + self.pools) < 1:
            raise SettingsError("each layer of a RhythmNet needs its channels and its pool, 1 or more")
        if not max(_SHORTEST_LAG, prod(self.pools)) < self.lags < self.frames:
            raise SettingsError(f"lags must be more than the pools hold and fewer than frames, not {self.lags}")
        if self.filter_lags % 2 == 0:
            raise SettingsError(f"filter_lags must be odd, not {self.filter_lags}")

    @property
    def segment_samples(self) -> int:
        return self.frames * HOP_SAMPLES


class RhythmNet(nn.Module):
    """Autocorrelations, [batch, POWERS, lags], to logits, [batch, classes]."""

    def __init__(self, settings: RhythmNetSettings) -> None:
        super().__init__()
        self.settings = settings
        layers: list[nn.Module] = []
        left = settings.lags
        for (fewer, more), pool in zip(pairwise((len(POWERS), *settings.channels)), settings.pools, strict=True):
            layers += [nn.Conv1d(fewer, more, settings.filter_lags, padding=settings.filter_lags // 2)]
            layers += [nn.BatchNorm1d(more), nn.ReLU(), nn.MaxPool1d(pool)]
            left //= pool
        self.layers = nn.Sequential(*layers)
        self.hidden = nn.Linear(settings.channels[-1] * left + _STATISTICS, settings.hidden)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(settings.hidden, settings.class_count)

    def embed(self, autocorrelation: Tensor) -> Tensor:
        """Autocorrelations to embeddings, [batch, hidden]."""
        periods = autocorrelation[:, :, _SHORTEST_LAG:]
        statistics = [periods[:, 0].amax(dim=1), periods[:, 0].std(dim=1), periods[:, 1].std(dim=1)]
        features = torch.cat([self.layers(autocorrelation).flatten(1), 3.0 * torch.stack(statistics, dim=1)], dim=1)
        return torch.relu(self.hidden(self.dropout(features)))

    def answer(self, embeddings: Tensor) -> Tensor:
        """Embeddings to logits, [batch, classes]."""
        logits: Tensor = self.head(self.dropout(embeddings))
        return logits

    def forward(self, autocorrelation: Tensor) -> Tensor:
        return self.answer(self.embed(autocorrelation))


def onset_strength(sound: Tensor, frames: int) -> Tensor:
    """Sound, [batch, samples] at SAMPLE_RATE, as how much its bands rise above their mean rise, [batch, frames]."""
    window = torch.hann_window(TRANSFORM_SAMPLES, device=sound.device)
    spectrum = torch.stft(
        sound, TRANSFORM_SAMPLES, HOP_SAMPLES, window=window, center=True, pad_mode="constant", return_complex=True
    )
    power = spectrum.abs().square()[:, :, :frames]
    bands = [power[:, low:high].mean(dim=1) for low, high in pairwise(BAND_EDGES)]
    levels = torch.log10(torch.stack(bands, dim=1) + _FLOOR)
    rises = torch.relu(levels[:, :, 1:] - levels[:, :, :-1]).sum(dim=1)
    rises = nn.functional.pad(rises, (1, 0))
    half = _MEAN_FRAMES // 2
    mean = nn.functional.avg_pool1d(rises[:, None], _MEAN_FRAMES, 1, half, count_include_pad=False)[:, 0]
    return torch.relu(rises - mean)


def autocorrelations(strength: Tensor, lags: int) -> Tensor:
    """Onset strength, [batch, frames], to its normalised autocorrelations, [batch, POWERS, lags], 1 at lag 0."""
    frames = strength.shape[1]
    size = 1 << (frames + lags).bit_length()
    smoothing = torch.hann_window(_SMOOTHING_FRAMES, periodic=False, device=strength.device)
    smoothing = (smoothing / smoothing.sum())[None, None]
    overlap = (frames - torch.arange(lags, device=strength.device)) / frames
    found = []
    for exponent in POWERS:
        raised = (strength + 1e-6).pow(exponent)
        smooth = nn.functional.conv1d(raised[:, None], smoothing, padding=_SMOOTHING_FRAMES // 2)[:, 0]
        smooth = smooth - smooth.mean(dim=1, keepdim=True)
        power = torch.fft.rfft(smooth, size).abs().square()
        # The inverse of a real and even spectrum is its transform.
        whole = torch.cat([power, power[:, 1:-1].flip(1)], dim=1)
        correlation = torch.fft.rfft(whole).real[:, :lags] / size
        found.append(correlation / overlap / (correlation[:, :1] + 1e-6))
    return torch.stack(found, dim=1)
