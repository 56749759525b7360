"""Settings of the networks, and the names of their outputs: known without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from mp3tomidi.transcribe.drum_kit import PIECE_COUNT
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.instruments import FAMILIES, PITCH_COUNT

OUTPUTS = ("onset", "frame", "offset", "velocity")  # of NoteNet, in this order
MEASURED_OF_NOTES = ("loudness", "level")  # beside these, of each pitch; see `front_end.loudness`
DRUM_OUTPUTS = ("onset", "velocity")  # of DrumNet
PEDAL_OUTPUTS = ("state", "down", "up")  # of PedalNet: the pedal is down; it goes down; it comes up
# By one with a DrumNet; those behind its outputs are measured.
DRUM_ACTIVATIONS = (*DRUM_OUTPUTS, "slow_loudness", "quick_loudness", "high_loudness")


class FrameNetSettings(Protocol):
    """Settings that are needed to run a network with outputs for every frame."""

    @property
    def front_end(self) -> LogFrequencySettings: ...

    @property
    def output_shape(self) -> tuple[int, int]:
        """Of a frame, as an engine gives it: outputs and cells (pitches, pieces of a kit), measured outputs last."""
        ...

    @property
    def context_frames(self) -> int:
        """Frames of the spectrogram on either side that an output depends on."""
        ...

    @property
    def follows_tuning(self) -> bool:
        """Whether the spectrogram is tuned as the recording is."""
        ...


@dataclass(frozen=True, slots=True)
class NoteNetSettings:
    """The network's size and the front end it is made for."""

    follows_tuning: ClassVar[bool] = True

    channels: int = 32
    time_dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4, 16)
    pitch_dilations: tuple[int, ...] = (1, 12, 7, 4, 1, 12, 5, 2)
    family_rolls: bool = False  # for training: after OUTPUTS one for each of FAMILIES, where it sounds
    front_end: LogFrequencySettings = field(default_factory=LogFrequencySettings)

    @property
    def output_count(self) -> int:
        """Of the network: OUTPUTS, and one for each of FAMILIES where it has rolls of them."""
        return len(OUTPUTS) + self.family_rolls * len(FAMILIES)

    @property
    def output_shape(self) -> tuple[int, int]:
        """Of a frame, as an engine gives it: OUTPUTS, and what is measured."""
        return len(OUTPUTS) + len(MEASURED_OF_NOTES), PITCH_COUNT

    @property
    def context_frames(self) -> int:
        """Frames of the spectrogram on either side that an output depends on."""
        return 2 + sum(self.time_dilations) + 1


@dataclass(frozen=True, slots=True)
class DrumFrontEndSettings(LogFrequencySettings):
    """The views that DrumNet sees: twice as many a second as NoteNet's, coarser in pitch, and an octave higher.

    Between 8 and 16 kHz there are cymbals and consonants, and hardly anything else.
    """

    sample_rate: int = 32_000
    hop_samples: int = 320
    window_samples: tuple[int, ...] = (4096, 1024, 512)
    lowest_pitch: float = 23.0  # 31 Hz
    bins_per_semitone: int = 1
    bin_count: int = 108  # up to 16 kHz


@dataclass(frozen=True, slots=True)
class DrumNetSettings:
    """The network's size and the front end it is made for."""

    output_shape: ClassVar[tuple[int, int]] = (len(DRUM_ACTIVATIONS), PIECE_COUNT)  # of a frame
    follows_tuning: ClassVar[bool] = False

    stem_channels: tuple[int, ...] = (16, 24, 32)  # of convolutions that each halve the bins
    channels: int = 80
    time_dilations: tuple[int, ...] = (1, 2, 4, 8, 16)
    front_end: DrumFrontEndSettings = field(default_factory=DrumFrontEndSettings)

    @property
    def context_frames(self) -> int:
        """Frames of the spectrogram on either side that an output depends on."""
        return len(self.stem_channels) + sum(self.time_dilations) + 1


@dataclass(frozen=True, slots=True)
class PerceptronSettings:
    """The size of a judge or of a DrumVelocity, and which share of what it sees is left out while it learns."""

    hidden: tuple[int, int]
    dropout: float


@dataclass(frozen=True, slots=True)
class NoteJudgeSettings(PerceptronSettings):
    hidden: tuple[int, int] = (64, 16)
    dropout: float = 0.15


@dataclass(frozen=True, slots=True)
class DrumJudgeSettings(PerceptronSettings):
    """Of the first look, and of the second one."""

    hidden: tuple[int, int] = (128, 32)
    dropout: float = 0.25
    second_hidden: tuple[int, int] = (64, 24)
    second_dropout: float = 0.3
    second_looks: int = 3  # of other seeds, whose log odds are averaged


@dataclass(frozen=True, slots=True)
class DrumVelocitySettings(PerceptronSettings):
    hidden: tuple[int, int] = (64, 32)
    dropout: float = 0.2


@dataclass(frozen=True, slots=True)
class PedalNetSettings:
    """The network's size."""

    feature_count: int = 35  # `notes.pedal_features.FEATURE_COUNT`
    channels: int = 40
    kernel: int = 5
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16)
    dropout: float = 0.1  # of whole features, while it is trained


@dataclass(frozen=True, slots=True)
class FamilyNetSettings:
    """The size of a FamilyNet, and which share of what it sees is left out while it learns.

    `timbre_count` is what `inference.timbres` keeps of a note: the channels of its NoteNet in each pool.
    """

    timbre_count: int = 160
    hidden: int = 128
    channels: int = 64
    layers: int = 2
    heads: int = 4
    dropout: float = 0.2


@dataclass(frozen=True, slots=True)
class ClipFrontEndSettings(LogFrequencySettings):
    """Spectrograms of ClipSpectrogramNets: 100 frames a second, a long window for pitch, a short one for the stroke."""

    hop_samples: int = 160
    window_samples: tuple[int, ...] = (1024, 256)
    lowest_pitch: float = 23.0  # 31 Hz
    bins_per_semitone: int = 1
    bin_count: int = 96


@dataclass(frozen=True, slots=True)
class ClipSpectrogramNetSettings:
    """Classes of a ClipSpectrogramNet, the length of its clips, and its size."""

    classes: tuple[str, ...] = ()
    clip_frames: int = 124
    channels: tuple[int, ...] = (16, 24, 40, 80)  # of stages that each halve frames and bins
    dropout: float = 0.3
    front_end: ClipFrontEndSettings = field(default_factory=ClipFrontEndSettings)

    @property
    def clip_samples(self) -> int:
        return self.clip_frames * self.front_end.hop_samples
