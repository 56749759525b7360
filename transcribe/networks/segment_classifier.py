"""SegmentClassifier: waveform segments to class logits, by one of several kinds of networks.

Each kind brings a waveform [segment, samples] to an embedding, and that to the logits of the classes. The level is
taken out first: a recording may be made at any.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.effect_net import SAMPLE_RATE as EFFECT_SAMPLE_RATE
from mp3tomidi.transcribe.networks.effect_net import SEGMENT_SAMPLES as EFFECT_SEGMENT_SAMPLES
from mp3tomidi.transcribe.networks.effect_net import EffectNet, EffectNetSettings
from mp3tomidi.transcribe.networks.fcn4 import HOP_SAMPLES as FCN4_HOP_SAMPLES
from mp3tomidi.transcribe.networks.fcn4 import Fcn4, Fcn4Ensemble, Fcn4Settings, mel_levels
from mp3tomidi.transcribe.networks.genre_net import HOP_SAMPLES as GENRE_HOP_SAMPLES
from mp3tomidi.transcribe.networks.genre_net import SAMPLE_RATE as GENRE_SAMPLE_RATE
from mp3tomidi.transcribe.networks.genre_net import GenreNet, GenreNetSettings, log_mel
from mp3tomidi.transcribe.networks.rhythm_net import SAMPLE_RATE as RHYTHM_SAMPLE_RATE
from mp3tomidi.transcribe.networks.rhythm_net import RhythmNet, RhythmNetSettings, autocorrelations, onset_strength
from mp3tomidi.transcribe.networks.sample_cnn import SampleCnn
from mp3tomidi.transcribe.networks.sample_cnn_settings import SampleCnnSettings

KINDS = ("sample_cnn", "genre_net", "fcn4", "rhythm_net", "effect_net")
LEVEL = 0.1  # root mean square of every segment that the network sees
_TOGETHER = 16  # segments whose spectrograms are computed at once
_SILENT = 1e-5  # what is softer is left as it is


@dataclass(frozen=True, slots=True)
class SegmentNetSettings:
    """Which network a SegmentClassifier has, and its size; the tables of the other kinds are not used.

    fcn4_beside: further FCN-4s over the same levels, whose logits are averaged with those of the first.
    mel_rate: Hz, of the input of an FCN-4; mel_samples: how much of it, 0 for as little as its pools need.
    """

    kind: str = "sample_cnn"
    sample_cnn: SampleCnnSettings = field(default_factory=SampleCnnSettings)
    genre_net: GenreNetSettings = field(default_factory=GenreNetSettings)
    fcn4: Fcn4Settings = field(default_factory=Fcn4Settings)
    rhythm_net: RhythmNetSettings = field(default_factory=RhythmNetSettings)
    effect_net: EffectNetSettings = field(default_factory=EffectNetSettings)
    fcn4_beside: tuple[Fcn4Settings, ...] = ()
    mel_rate: int = 12_000
    mel_samples: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if 0 < self.mel_samples < self._fewest_mel_samples:
            raise SettingsError(f"mel_samples must be 0, or {self._fewest_mel_samples} or more")

    @property
    def segment_samples(self) -> int:
        """Samples of one input."""
        if self.kind == "sample_cnn":
            return self.sample_cnn.clip_samples
        if self.kind == "genre_net":
            return self.genre_net.frames * GENRE_HOP_SAMPLES
        if self.kind == "rhythm_net":
            return self.rhythm_net.segment_samples
        if self.kind == "effect_net":
            return EFFECT_SEGMENT_SAMPLES
        return self.mel_samples or self._fewest_mel_samples

    @property
    def sample_rate(self) -> int | None:
        """The only rate in Hz that the network is made for; None if it is made for any."""
        rates = {
            "genre_net": GENRE_SAMPLE_RATE,
            "fcn4": self.mel_rate,
            "rhythm_net": RHYTHM_SAMPLE_RATE,
            "effect_net": EFFECT_SAMPLE_RATE,
        }
        return rates.get(self.kind)

    @property
    def fcn4s(self) -> tuple[Fcn4Settings, ...]:
        """Of all FCN-4s."""
        return (self.fcn4, *self.fcn4_beside)

    @property
    def _fewest_mel_samples(self) -> int:
        return max(each.frames for each in self.fcn4s) * FCN4_HOP_SAMPLES

    @property
    def embedding_size(self) -> int:
        return {
            "sample_cnn": self.sample_cnn.channels[-1],
            "genre_net": self.genre_net.hidden,
            "fcn4": sum(each.channels[-1] for each in self.fcn4s),
            "rhythm_net": self.rhythm_net.hidden,
            "effect_net": self.effect_net.hidden,
        }[self.kind]

    def for_classes(self, count: int) -> SegmentNetSettings:
        """The same network for as many classes."""
        return replace(
            self,
            sample_cnn=replace(self.sample_cnn, class_count=count),
            genre_net=replace(self.genre_net, class_count=count),
            fcn4=replace(self.fcn4, class_count=count),
            fcn4_beside=tuple(replace(each, class_count=count) for each in self.fcn4_beside),
            rhythm_net=replace(self.rhythm_net, class_count=count),
            effect_net=replace(self.effect_net, class_count=count),
        )


class _Embeds(Protocol):
    def embed(self, spectrogram: Tensor) -> Tensor: ...

    def answer(self, embeddings: Tensor) -> Tensor: ...


class SegmentClassifier(nn.Module):
    """Sound [segment, samples] to logits [segment, class]; `embed` gives the embedding before the last layer."""

    def __init__(self, settings: SegmentNetSettings) -> None:
        super().__init__()
        self.settings = settings
        self.net: _Embeds
        if settings.kind == "sample_cnn":
            self.net = SampleCnn(settings.sample_cnn)
        elif settings.kind == "genre_net":
            self.net = GenreNet(settings.genre_net)
        elif settings.kind == "rhythm_net":
            self.net = RhythmNet(settings.rhythm_net)
        elif settings.kind == "effect_net":
            self.net = EffectNet(settings.effect_net)
        elif settings.fcn4_beside:
            self.net = Fcn4Ensemble(settings.fcn4s)
        else:
            self.net = Fcn4(settings.fcn4)

    def embed(self, sound: Tensor) -> Tensor:
        """Sound [segment, samples] to embeddings [segment, embedding_size], none of them negative."""
        return self.net.embed(self.inputs(sound))

    def answer(self, embeddings: Tensor) -> Tensor:
        """Embeddings to logits [segment, class]."""
        return self.net.answer(embeddings)

    def shift_logits(self, by: Tensor) -> None:
        """Adds `by` [class] to all logits from now on."""
        nets: list[Any] = self.net.fcn4s() if isinstance(self.net, Fcn4Ensemble) else [self.net]
        with torch.no_grad():
            for net in nets:
                net.head.bias += by

    def of_inputs(self, inputs: Tensor) -> Tensor:
        """From what `inputs` gives to logits [segment, class]."""
        return self.answer(self.net.embed(inputs))

    def forward(self, sound: Tensor) -> Tensor:
        return self.of_inputs(self.inputs(sound))

    def standardise_by(self, sound: Tensor) -> None:
        """Adapts the front end to the training set's sound [segment, samples], where the network has such a one."""
        if isinstance(self.net, GenreNet):
            self.net.standardise_by(torch.cat([self.inputs(part) for part in torch.split(sound, _TOGETHER)]))

    def inputs(self, sound: Tensor) -> Tensor:
        """Inputs of the network from sound [segment, samples]: that at one level, mel levels, rhythm or figures."""
        sound = levelled(sound)
        if isinstance(self.net, GenreNet):
            return log_mel(sound, self.settings.genre_net.bands, self.settings.genre_net.frames)
        if isinstance(self.net, Fcn4 | Fcn4Ensemble):
            return mel_levels(sound, self.settings.mel_rate, sound.shape[1] // FCN4_HOP_SAMPLES)
        if isinstance(self.net, RhythmNet):
            settings = self.settings.rhythm_net
            return autocorrelations(onset_strength(sound, settings.frames), settings.lags)
        if isinstance(self.net, EffectNet):
            return self.net.inputs(sound)
        return sound


class WithEmbedding(nn.Module):
    """A SegmentClassifier as it is exported: sound [segment, samples] to logits [segment, class] and embeddings."""

    def __init__(self, net: SegmentClassifier) -> None:
        super().__init__()
        self.net = net

    def forward(self, sound: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.net.embed(sound)
        return self.net.answer(embedding), embedding


def levelled(sound: Tensor) -> Tensor:
    """Each segment [segment, samples] at a root mean square of `LEVEL`; silence stays silent."""
    level = sound.square().mean(dim=1, keepdim=True).sqrt()
    return torch.where(level > _SILENT, sound * (LEVEL / level.clamp(min=_SILENT)), sound)
