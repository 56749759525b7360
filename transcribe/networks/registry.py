"""The one table of networks: how each is called on disk, built, exported to ONNX and described in its card.

A new network is a file with its definition, settings, and an entry here. The table is read without torch: definitions
are named, and loaded when a network is built. What only training needs of a network, its recipe, targets and loss, is
in `train/training/training_specs.py` under the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.dataclass_parsing import SettingsError, parse
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.front_end.filters import SEMITONES_PER_OCTAVE
from mp3tomidi.transcribe.front_end.loudness import band_loudness, pitch_level, pitch_loudness
from mp3tomidi.transcribe.networks.settings import (
    ClipSpectrogramNetSettings,
    DrumJudgeSettings,
    DrumNetSettings,
    DrumVelocitySettings,
    FamilyNetSettings,
    FrameNetSettings,
    NoteJudgeSettings,
    NoteNetSettings,
    PedalNetSettings,
)
from mp3tomidi.transcribe.networks.weight_files import NOTE_VELOCITY, read_card

if TYPE_CHECKING:
    from torch import nn

_ROOT = "mp3tomidi.transcribe"

Activation = Literal["sigmoid", "softmax", "none"]
Measurement = Callable[[NDArray[np.float32], NDArray[np.float32], FrameNetSettings], list[NDArray[np.float32]]]
"""Amplitudes [view, frames, bin] and the recording's level [view, bin] to arrays [frames, cell]."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a network's ONNX file."""

    shape: tuple[int, ...]
    """Of an example."""
    varying: Mapping[int, str] | None = None
    """Axes that may have any length, with the names of those lengths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """All that loading, running and exporting need to know of a network."""

    name: str
    """Of its files: NAME.onnx, NAME.safetensors, NAME.json. With {} in it there is one for each classification task."""
    about: str
    """What its card says that it is."""
    network: str
    """Its class, as "module:Class" below `mp3tomidi.transcribe`; it is made from its settings."""
    settings: str | type
    """The dataclass of its settings, or its name as "module:Class" where that is defined beside torch."""
    inputs: Callable[[Any], dict[str, Input]]
    """The inputs of its ONNX file by name, from a network."""
    activation: Activation = "sigmoid"
    """What makes probabilities of its logits in the ONNX file, "softmax" over the last axis."""
    outputs: tuple[str, ...] = ("answer",)
    """Of its ONNX file; the activation is that of the first."""
    exported: str | None = None
    """What makes of a network the module that is exported, as "module:callable"; None: it is exported as it is."""
    measured: Measurement | None = None
    """What further outputs of each frame are measured, beside those of the network."""
    decided_by: tuple[str, ...] = ()
    """Names of what is taught on this network's candidates, and is of no use to its successor."""

    def for_task(self, task: str, activation: Activation = "sigmoid") -> NetworkSpec:
        """The entry of the network that a classification task has."""
        return replace(self, name=self.name.format(task), activation=activation)

    def network_class(self) -> type[nn.Module]:
        """Loads torch."""
        found: type[nn.Module] = _named(self.network)
        return found

    def new(self, settings: Any) -> nn.Module:
        """A network of these settings that is not trained."""
        return self.network_class()(settings)

    def settings_from(self, mapping: Any) -> Any:
        """Settings as a card has them. Raises SettingsError."""
        kind = _named(self.settings) if isinstance(self.settings, str) else self.settings
        return parse(kind, mapping, "settings")

    def read_settings(self, folder: Path) -> Any:
        """The settings of the network in a folder of weights. Raises WeightsError."""
        card = read_card(folder, self.name)
        try:
            return self.settings_from(card["settings"])
        except (KeyError, SettingsError) as error:
            raise WeightsError(f"{folder / self.name}.json: the card is damaged ({error})") from error

    def module_to_export(self, net: nn.Module) -> nn.Module:
        """The module whose first output the activation is put on."""
        made: nn.Module = net if self.exported is None else _named(self.exported)(net)
        return made


def spec_of(net: nn.Module | type[nn.Module]) -> NetworkSpec:
    """The entry of a network, or of its class. Raises KeyError if there is none."""
    kind = net if isinstance(net, type) else type(net)
    return _BY_CLASS[f"{kind.__module__}:{kind.__qualname__}"]


def _named(path: str) -> Any:
    module, name = path.split(":")
    return getattr(import_module(f"{_ROOT}.{module}"), name)


def _spectrogram(net: Any) -> dict[str, Input]:
    """A whole recording's amplitudes, and its level for each band."""
    front_end = net.settings.front_end
    views, bins = len(front_end.window_samples), front_end.bin_count
    return {"amplitude": Input((1, views, 64, bins), {2: "frames"}), "level": Input((1, views, bins))}


def _features(net: Any) -> dict[str, Input]:
    return {"features": Input((8, net.feature_count), {0: "candidates"})}


def _features_and_context(net: Any) -> dict[str, Input]:
    counts = {"features": net.first.feature_count, "context": net.second.feature_count}
    return {name: Input((8, count), {0: "candidates"}) for name, count in counts.items()}


def _features_in_time(net: Any) -> dict[str, Input]:
    return {"features": Input((1, net.settings.feature_count, 64), {2: "steps"})}


def _notes(net: Any) -> dict[str, Input]:
    shapes = {"timbre": (8, net.settings.timbre_count), "place": (8, 3)}
    return {name: Input(shape, {0: "notes"}) for name, shape in shapes.items()}


def _clip(net: Any) -> dict[str, Input]:
    front_end = net.settings.front_end
    return {
        "seen": Input((4, len(front_end.window_samples), net.settings.clip_frames, front_end.bin_count), {0: "clips"})
    }


def _sound_segments(net: Any) -> dict[str, Input]:
    return {"sound": Input((2, net.settings.segment_samples), {0: "segments"})}


def _embedded_segments(net: Any) -> dict[str, Input]:
    sizes = {"embedding": net.settings.embedding_size, "facts": net.settings.fact_count}
    return {name: Input((4, size), {0: "segments"}) for name, size in sizes.items()}


def _loudness_and_level_of_pitches(
    amplitude: NDArray[np.float32], level: NDArray[np.float32], settings: FrameNetSettings
) -> list[NDArray[np.float32]]:
    """The loudness of each pitch against its surroundings' level, and its own level, in the quickest view."""
    front_end, quickest = settings.front_end, int(np.argmin(settings.front_end.window_samples))
    return [
        pitch_loudness(amplitude[quickest], level[quickest], front_end),
        pitch_level(amplitude[quickest], front_end),
    ]


def _loudness_of_bands(
    amplitude: NDArray[np.float32], level: NDArray[np.float32], settings: FrameNetSettings
) -> list[NDArray[np.float32]]:
    """The loudness of as many bands as there are cells: octaves from the lowest up, in the slowest and the quickest
    view; and parts of the two highest octaves, in the quickest.
    """
    bands = settings.output_shape[1]
    octave = SEMITONES_PER_OCTAVE * settings.front_end.bins_per_semitone
    low, high = slice(bands * octave), slice(-2 * octave, None)
    of_views = ((0, low), (-1, low), (-1, high))
    return [band_loudness(amplitude[view][:, bins], level[view][bins], bands) for view, bins in of_views]


NOTE_JUDGE = NetworkSpec(
    name="note_judge",
    about="NoteJudge: which of the notes that NoteNet finds possible are notes",
    network="notes.note_judge:NoteJudge",
    settings=NoteJudgeSettings,
    inputs=_features,
)
FAMILY_NET = NetworkSpec(
    name="family_net",
    about="FamilyNet: which family of instruments plays each note that NoteNet detects, and which kind of it",
    network="networks.family_net:FamilyNet",
    settings=FamilyNetSettings,
    inputs=_notes,
    outputs=("answer", "kinds"),
    activation="softmax",
    exported="networks.family_net:OfOnePassage",
)
NOTE_NET = NetworkSpec(
    name="note_net",
    about="NoteNet: onset, frame, offset and velocity of 88 pitches, any instrument",
    network="networks.note_net:NoteNet",
    settings=NoteNetSettings,
    inputs=_spectrogram,
    outputs=("answer", "layer"),
    exported="networks.folded:folded_where_possible",
    measured=_loudness_and_level_of_pitches,
    decided_by=(NOTE_JUDGE.name, NOTE_VELOCITY, FAMILY_NET.name),
)
PEDAL_NET = NetworkSpec(
    name="pedal_net",
    about="PedalNet: when the sustain pedal of a piano is down, from what NoteNet says of its notes",
    network="networks.pedal_net:PedalNet",
    settings=PedalNetSettings,
    inputs=_features_in_time,
)
DRUM_JUDGE = NetworkSpec(
    name="drum_judge",
    about="DrumJudge: which of the drum hits that DrumNet finds possible are hits",
    network="drums.drum_judge:DrumJudge",
    settings=DrumJudgeSettings,
    inputs=_features_and_context,
    outputs=("answer", "first"),
)
DRUM_VELOCITY = NetworkSpec(
    name="drum_velocity",
    about="DrumVelocity: how much harder a drum is struck than it usually is in a recording",
    network="drums.velocity_net:DrumVelocity",
    settings=DrumVelocitySettings,
    inputs=_features,
    activation="none",
)
DRUM_NET = NetworkSpec(
    name="drum_net",
    about="DrumNet: onset and velocity of eight pieces of a drum kit",
    network="networks.drum_net:DrumNet",
    settings=DrumNetSettings,
    inputs=_spectrogram,
    measured=_loudness_of_bands,
    decided_by=(DRUM_JUDGE.name, DRUM_VELOCITY.name),
)
ONE_SHOTS = NetworkSpec(
    name="one_shots",
    about="ClipSpectrogramNet: which of 13 drums a sample of a single stroke is",
    network="networks.clip_spectrogram_net:ClipSpectrogramNet",
    settings=ClipSpectrogramNetSettings,
    inputs=_clip,
    activation="softmax",
)
SEGMENT_CLASSIFIER = NetworkSpec(
    name="classify_{}",
    about="which of a task's classes a segment of sound is of",
    network="networks.segment_classifier:SegmentClassifier",
    settings="networks.segment_classifier:SegmentNetSettings",
    inputs=_sound_segments,
    outputs=("answer", "embedding"),
    exported="networks.segment_classifier:WithEmbedding",
)
ATTENTION_POOLING = NetworkSpec(
    name="classify_{}_pooling",
    about="which of a task's classes a recording is of, from its segments",
    network="networks.attention_pooling:AttentionPooling",
    settings="networks.attention_pooling:AttentionPoolingSettings",
    inputs=_embedded_segments,
    exported="networks.attention_pooling:OfOneRecording",
)

ALL = (
    NOTE_NET,
    NOTE_JUDGE,
    PEDAL_NET,
    FAMILY_NET,
    DRUM_NET,
    DRUM_JUDGE,
    DRUM_VELOCITY,
    ONE_SHOTS,
    SEGMENT_CLASSIFIER,
    ATTENTION_POOLING,
)
_BY_CLASS = {f"{_ROOT}.{spec.network}": spec for spec in ALL}
