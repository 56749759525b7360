"""EffectNet: figures of a few seconds of sound, each made to show one kind of audio effect, to class logits.

What tells an effect from music is often no picture of a spectrogram. An echo adds a copy of the whole signal and so a
line to its cepstrum, exactly at the delay (Bogert, Healy and Tukey 1963). A chorus does so in each short frame, with a
delay that wanders. Distortion crowds the amplitudes at the largest, a room lets every band die away at its own rate, a
filter cuts bands off. Beside these figures stands the embedding of an FCN-4 over mel levels, whose layers are those of
a network taught before and stay as they are. A small perceptron over both tells the classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.fcn4 import BANDS, HOP_SAMPLES, TRANSFORM_SAMPLES, Fcn4, Fcn4Settings, mel_levels
from mp3tomidi.transcribe.networks.mel_filters import mel_filters

SAMPLE_RATE = 16_000
SEGMENT_SAMPLES = 81_920  # 5.12 s: what a chorus needs to wander, and echoes to come again
_ECHO_TRANSFORM = 131_072
_ECHO_LAGS = (1440, 10_240)  # 90 to 640 ms
_ECHO_BLOCK = 32  # lags, 2 ms: two peaks in one are one
_FRAME = 4096  # every half of it
_CHORUS_EDGES_MS = (5, 8, 12, 18, 26, 36, 50, 66, 90, 120)
_BAND_FRAME, _BAND_HOP = 512, 128
_BAND_EDGES = (3, 4, 6, 9, 13, 19, 28, 41, 60, 88, 128, 180, 257)  # bins of 31 Hz
_SLOPE_FRAMES = (6, 13, 25)  # 48, 104 and 200 ms
_SLOPES_DB_S = (15.0, 30.0, 60.0, 90.0, 130.0, 180.0, 250.0, 350.0)
_ACTIVE_DB = 40.0  # below a band's loudest frame; what is softer is noise
_CREST_SAMPLES = 512
_NEAR_PEAK = (0.5, 0.7, 0.8, 0.9, 0.97)  # of the largest amplitude
_LARGEST = 82  # samples of a segment, a thousandth, may exceed what counts as the largest amplitude
_THIRDS = 3
_FLOOR = 1e-9
_EMBEDS = Fcn4Settings(1, (16, 32, 64, 128), (2, 3, 4, 4), (3, 3, 3, 3), 0.0)
FIGURES = 6 + 4 * (len(_CHORUS_EDGES_MS) - 1) + len(_SLOPE_FRAMES) * (len(_SLOPES_DB_S) + 2) + 3 * 12 - 1 + 14


@dataclass(frozen=True, slots=True)
class EffectNetSettings:
    """The size of an EffectNet. Raises SettingsError if it makes no sense.

    fcn4: whose layers embed each third of a segment; its classes are not asked.
    """

    class_count: int = 6
    fcn4: Fcn4Settings = _EMBEDS
    hidden: int = 64
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if self.hidden < 1 or not 0.0 <= self.dropout < 1.0:
            raise SettingsError("hidden must be positive and dropout from 0 to below 1")


class EffectNet(nn.Module):
    """Figures and embedding, [batch, FIGURES + channels of the FCN-4], to logits, [batch, classes]."""

    def __init__(self, settings: EffectNetSettings) -> None:
        super().__init__()
        self.settings = settings
        self.layers = Fcn4(settings.fcn4).layers.requires_grad_(False)
        filters = torch.from_numpy(mel_filters(BANDS, SAMPLE_RATE, TRANSFORM_SAMPLES))
        self.filters: Tensor  # computed here, as NumPy's functions cannot be exported
        self.register_buffer("filters", filters, persistent=False)
        count = FIGURES + settings.fcn4.channels[-1]
        self.standardise = nn.BatchNorm1d(count, affine=False)
        self.hidden = nn.Linear(count, settings.hidden)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(settings.hidden, settings.class_count)

    def train(self, mode: bool = True) -> EffectNet:
        """As of any module, but for the layers over mel levels, which are always ready for use."""
        super().train(mode)
        self.layers.eval()
        return self

    def inputs(self, sound: Tensor) -> Tensor:
        """Sound, [batch, SEGMENT_SAMPLES] at one level, as figures and embedding, the mean of its thirds."""
        frames = SEGMENT_SAMPLES // HOP_SAMPLES // _THIRDS
        thirds = [sound[:, third * frames * HOP_SAMPLES :][:, : frames * HOP_SAMPLES] for third in range(_THIRDS)]
        levels = [mel_levels(third, SAMPLE_RATE, frames, filters=self.filters)[:, None] for third in thirds]
        embedding = torch.stack([self.layers(each).amax(dim=(2, 3)) for each in levels]).mean(dim=0)
        return torch.cat([effect_figures(sound), embedding], dim=1)

    def embed(self, figures: Tensor) -> Tensor:
        """Inputs to embeddings, [batch, hidden]."""
        usual = self.standardise(figures).clamp(-5.0, 5.0)
        embedding: Tensor = torch.relu(self.hidden(self.dropout(usual)))
        return embedding

    def answer(self, embeddings: Tensor) -> Tensor:
        """Embeddings to logits, [batch, classes]."""
        logits: Tensor = self.head(self.dropout(embeddings))
        return logits

    def forward(self, figures: Tensor) -> Tensor:
        return self.answer(self.embed(figures))


def effect_figures(sound: Tensor) -> Tensor:
    """Sound, [batch, SEGMENT_SAMPLES] at SAMPLE_RATE and one level, as [batch, FIGURES]."""
    levels = _band_levels(sound)
    return torch.cat(
        [
            echo_figures(sound),
            chorus_figures(sound),
            decay_figures(levels),
            _spectrum(levels),
            amplitude_figures(sound),
        ],
        dim=1,
    )


def echo_figures(sound: Tensor) -> Tensor:
    """[batch, 6]: how far the highest line of the cepstrum from 90 to 640 ms stands out, and where it is."""
    cepstrum = _cepstrum(sound, _ECHO_TRANSFORM, 1e-7)
    first, last = _ECHO_LAGS
    # Repeats are often dulled, which spreads their line over a few lags.
    spread = nn.functional.avg_pool1d(cepstrum[:, None], 3, 1, 1)[:, 0] * 3.0
    lines = spread[:, first:last]
    highest = nn.functional.max_pool1d(lines[:, None], _ECHO_BLOCK)[:, 0]
    top = highest.topk(3, dim=1).values
    lag = first + lines.argmax(dim=1, keepdim=True)
    again = spread.gather(1, 2 * lag)
    noise = lines.abs().mean(dim=1, keepdim=True) + _FLOOR
    found = [top[:, :1], torch.log(top[:, :1].clamp(min=_FLOOR) / noise), top[:, :1] - top[:, 2:], again]
    return torch.cat([*found, -lines.amin(dim=1, keepdim=True), lag / SAMPLE_RATE], dim=1)


def chorus_figures(sound: Tensor) -> Tensor:
    """[batch, 36]: of nine ranges of lags, what the cepstra of frames have in all frames, and in each by itself."""
    halves = sound.reshape(len(sound), -1, _FRAME // 2)
    frames = torch.cat([halves[:, :-1], halves[:, 1:]], dim=2)
    cepstra = _cepstrum(frames, _FRAME, 1e-6)
    mean = cepstra.mean(dim=1)
    wide = nn.functional.avg_pool1d(cepstra.flatten(0, 1)[:, None], 9, 1, 4)[:, 0].reshape(cepstra.shape)
    figures = []
    for low, high in pairwise(ms * SAMPLE_RATE // 1000 for ms in _CHORUS_EDGES_MS):
        lasting, each = mean[:, low:high], wide[:, :, low:high]
        figures += [
            torch.log(lasting.square().mean(dim=1).clamp(min=_FLOOR)),
            lasting.amax(dim=1),
            100.0 * lasting.mean(dim=1),
            torch.log(each.amax(dim=2).square().mean(dim=1).clamp(min=_FLOOR)),
        ]
    return torch.stack(figures, dim=1)


def decay_figures(levels: Tensor) -> Tensor:
    """Band levels in decibels [batch, band, frame] as [batch, 30]: how often they fall, and rise, at which rate."""
    loud = levels > levels.amax(dim=2, keepdim=True) - _ACTIVE_DB
    figures = []
    for frames in _SLOPE_FRAMES:
        rate = (levels[:, :, frames:] - levels[:, :, :-frames]) * (SAMPLE_RATE / _BAND_HOP / frames)  # dB a second
        active = loud[:, :, :-frames].float()
        count = active.sum(dim=(1, 2)) + 1.0
        figures += [((rate < -limit) * active).sum(dim=(1, 2)) / count for limit in _SLOPES_DB_S]
        figures += [((rate > limit) * active).sum(dim=(1, 2)) / count for limit in (100.0, 300.0)]
    return torch.stack(figures, dim=1)


def amplitude_figures(sound: Tensor) -> Tensor:
    """[batch, 14]: how the amplitudes lie below the largest one, of the whole and of frames of 32 ms."""
    size = sound.abs()
    rms = sound.square().mean(dim=1).sqrt() + _FLOOR
    largest = size.topk(_LARGEST, dim=1).values[:, -1:] + _FLOOR
    crowded = [(size > share * largest).float().mean(dim=1).sqrt() for share in _NEAR_PEAK]
    kurtosis = torch.log(sound.pow(4).mean(dim=1) / rms.pow(4) + _FLOOR)
    frames = sound.reshape(len(sound), -1, _CREST_SAMPLES)
    level = frames.square().mean(dim=2).sqrt() + 1e-6
    peak = frames.abs().amax(dim=2) + 1e-6
    active = (level > 0.1 * level.amax(dim=1, keepdim=True)).float()
    share = active / active.sum(dim=1, keepdim=True)
    crest = torch.log(peak / level)
    mean_crest = (crest * share).sum(dim=1)
    spread = ((crest - mean_crest[:, None]).square() * share).sum(dim=1).sqrt()
    near = [((frames.abs() > limit * peak[:, :, None]).float().mean(dim=2) * share).sum(dim=1) for limit in (0.7, 0.9)]
    of_all = [torch.log(size.amax(dim=1) / rms + _FLOOR), torch.log(largest[:, 0] / rms), kurtosis]
    levels = [torch.log(peak.amax(dim=1) / peak.mean(dim=1)), torch.log(level.amax(dim=1) / level.mean(dim=1))]
    return torch.stack([*crowded, *of_all, mean_crest, spread, *near, *levels], dim=1)


def _spectrum(levels: Tensor) -> Tensor:
    """Band levels [batch, 12, frame] as [batch, 35]: how loud each band is, how that differs, and how much it moves."""
    mean = 10.0 * torch.log10(torch.pow(10.0, levels / 10.0).mean(dim=2) + 1e-5)
    return torch.cat([mean, mean[:, 1:] - mean[:, :-1], levels.std(dim=2)], dim=1)


def _band_levels(sound: Tensor) -> Tensor:
    """Levels in decibels, [batch, 12 bands, frame]."""
    window = torch.hann_window(_BAND_FRAME, device=sound.device)
    spectrum = torch.stft(sound, _BAND_FRAME, _BAND_HOP, window=window, center=False, return_complex=True)
    power = spectrum.abs().square()
    bands = [power[:, low:high].sum(dim=1) for low, high in pairwise(_BAND_EDGES)]
    return 10.0 * torch.log10(torch.stack(bands, dim=1) + 1e-5)


def _cepstrum(sound: Tensor, transform: int, floor: float) -> Tensor:
    """The real cepstrum of the last axis up to half the transform; `floor`: of the power, against its largest."""
    window = torch.hann_window(sound.shape[-1], device=sound.device)
    power = torch.fft.rfft(sound * window, transform).abs().square()
    levels = torch.log((power + floor * power.amax(dim=-1, keepdim=True)).clamp(min=_FLOOR))
    # The inverse of a real and even spectrum is its transform.
    whole = torch.cat([levels, levels[..., 1:-1].flip(-1)], dim=-1)
    cepstrum: Tensor = torch.fft.rfft(whole).real[..., : transform // 2] / transform
    return cepstrum
