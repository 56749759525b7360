"""Recipes: everything that makes a network, in one TOML file.

Tables and their keys are the fields of the dataclasses below; a key that is not one of them is an error, so a
misspelt setting never goes unnoticed (`validation.py`). `--set training.seed=3` changes one value.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, Discriminator

from mp3tomidi.augment.effects.chains.training import effect_shares, with_usual
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.train.loss_weights import DrumLossWeights, NoteLossWeights
from mp3tomidi.train.validation import checked
from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.networks.registry import NOTE_NET
from mp3tomidi.transcribe.networks.settings import (
    ClipSpectrogramNetSettings,
    DrumJudgeSettings,
    DrumNetSettings,
    FamilyNetSettings,
    NoteJudgeSettings,
    NoteNetSettings,
    PedalNetSettings,
    PerceptronSettings,
)

_FORMER_KINDS = {"sample_cnn": "clip_spectrogram_net"}  # as recipes in cards and run folders from before say it


class RecipeError(Mp3toMidiError):
    """A recipe that cannot be read or followed."""


@dataclass(frozen=True)
class BankChoice:
    """A bank by its name below the folder of banks, and how readily it is drawn from."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class SoundSettings:
    banks: tuple[BankChoice, ...] = ()
    effects: Annotated[dict[str, float], AfterValidator(with_usual)] = field(default_factory=effect_shares)


@dataclass(frozen=True)
class DataSettings(SoundSettings):
    mix: MixSettings = field(default_factory=MixSettings)


@dataclass(frozen=True)
class TrainingSettings:
    seed: int = 1
    batch_clips: int = 8
    micro_batch_clips: int = 4  # a CPU's cache holds the activations of a few clips only
    learning_rate: float = 2e-3
    warm_up_steps: int = 100
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    average_decay: float = 0.998  # of the averaged weights, a step
    cool_down_share: float = 0.13  # of the steps made before it
    checkpoint_minutes: float = 5.0


@dataclass(frozen=True)
class JudgeTraining:
    seed: int = 1
    clips: int = 1200
    clip_s: float = 12.0  # long enough for its level and density to be a recording's
    epochs: int = 8
    batch_candidates: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    held_out_share: float = 0.1  # of the clips, for the loss that is reported


@dataclass(frozen=True)
class DrumJudgeTraining(JudgeTraining):
    first_look_kept: bool = False  # of the judge in the folder of weights: only its second look is taught


@dataclass(frozen=True)
class PedalTraining:
    """How a PedalNet is taught: on clips of a piano alone, made once and gone through several times."""

    seed: int = 1
    clips: int = 900
    clip_s: float = 16.0
    epochs: int = 40
    batch_clips: int = 16
    learning_rate: float = 4e-3  # at its highest
    warm_up_share: float = 0.15  # of the steps; from there on the rate falls to zero
    weight_decay: float = 0.02
    edge_weights: tuple[float, float] = (1.0, 1.5)  # of the pedal going down, of its coming up; its state counts 1
    held_out_share: float = 0.08  # of the clips, for the loss that is reported


@dataclass(frozen=True)
class ClipTraining:
    """How a ClipSpectrogramNet is taught: on clips made once, gone through several times."""

    seed: int = 1
    clips: int = 24_000
    epochs: int = 5
    batch_clips: int = 64
    learning_rate: float = 6e-3  # at its highest
    warm_up_share: float = 0.1  # of the steps; from there on the rate falls to zero
    weight_decay: float = 0.03
    label_smoothing: float = 0.05


@dataclass(frozen=True)
class FamilyTraining:
    """How a FamilyNet is taught: on the notes of mixes that are rendered once, gone through several times."""

    seed: int = 1
    clips: int = 2000
    epochs: int = 20
    batch_passages: int = 16
    most_notes: int = 128  # of a passage that are looked at at once
    most_left_out: float = 0.35  # of a passage's notes, drawn for each from none up to that share
    onset_jitter_s: float = 0.008  # standard deviation: as exactly as NoteNet detects them
    learning_rate: float = 2e-3  # at its highest
    weight_decay: float = 0.05
    label_smoothing: float = 0.05
    held_out_share: float = 0.1  # of the passages, for what is reported


@dataclass(frozen=True)
class BaseRecipe:
    """What the recipes of all kinds of networks have."""

    name: str
    kind: str = ""
    data: SoundSettings = field(default_factory=SoundSettings)

    def to_json(self) -> str:
        """All settings. A NoteNet's recipe says no kind, as it never did, so that its hash stays."""
        settings = asdict(self)
        if self.kind == NOTE_NET.name:
            del settings["kind"]
        return json.dumps(settings, indent=1, sort_keys=True)

    @property
    def sha256(self) -> str:
        """Of the settings in force, changes by --set included."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True)
class MixRecipe(BaseRecipe):
    """Of a network that is trained on rendered mixes, and of the judge of its candidates."""

    data: DataSettings = field(default_factory=DataSettings)
    network: NoteNetSettings | DrumNetSettings = field(default_factory=NoteNetSettings)
    loss: NoteLossWeights | DrumLossWeights = field(default_factory=NoteLossWeights)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    judge: PerceptronSettings = field(default_factory=NoteJudgeSettings)
    judge_training: JudgeTraining = field(default_factory=JudgeTraining)


@dataclass(frozen=True)
class NoteRecipe(MixRecipe):
    """Of a NoteNet and its judge."""

    kind: Literal["note_net"] = "note_net"
    network: NoteNetSettings = field(default_factory=NoteNetSettings)
    loss: NoteLossWeights = field(default_factory=NoteLossWeights)
    judge: NoteJudgeSettings = field(default_factory=NoteJudgeSettings)


@dataclass(frozen=True)
class DrumRecipe(MixRecipe):
    """Of a DrumNet and its judge."""

    kind: Literal["drum_net"] = "drum_net"
    network: DrumNetSettings = field(default_factory=DrumNetSettings)
    loss: DrumLossWeights = field(default_factory=DrumLossWeights)
    judge: DrumJudgeSettings = field(default_factory=DrumJudgeSettings)
    judge_training: DrumJudgeTraining = field(default_factory=DrumJudgeTraining)


@dataclass(frozen=True)
class ClipRecipe(BaseRecipe):
    """Of a ClipSpectrogramNet; its classes are those of the clips that it is trained on."""

    kind: Literal["clip_spectrogram_net"] = "clip_spectrogram_net"
    network: ClipSpectrogramNetSettings = field(default_factory=ClipSpectrogramNetSettings)
    training: ClipTraining = field(default_factory=ClipTraining)


@dataclass(frozen=True)
class PedalRecipe(BaseRecipe):
    """Of a PedalNet."""

    kind: Literal["pedal_net"] = "pedal_net"
    network: PedalNetSettings = field(default_factory=PedalNetSettings)
    training: PedalTraining = field(default_factory=PedalTraining)


@dataclass(frozen=True)
class FamilyRecipe(BaseRecipe):
    """Of a FamilyNet; the size of its input is that of the NoteNet that it joins."""

    kind: Literal["family_net"] = "family_net"
    data: DataSettings = field(default_factory=DataSettings)
    network: FamilyNetSettings = field(default_factory=FamilyNetSettings)
    training: FamilyTraining = field(default_factory=FamilyTraining)


SomeRecipe = TypeVar("SomeRecipe", bound=BaseRecipe)
FileRecipe = Annotated[NoteRecipe | DrumRecipe | ClipRecipe | FamilyRecipe | PedalRecipe, Discriminator("kind")]
"""What a file may hold; its `kind`, the name of the network, tells which."""


def from_mapping(mapping: Mapping[str, Any], where: str | Path = "recipe") -> MixRecipe:
    """The recipe of a network that is trained on mixes. See `read`."""
    return read(MixRecipe, mapping, where)


def read(of: type[SomeRecipe], mapping: Mapping[str, Any], where: str | Path = "recipe") -> SomeRecipe:
    """The recipe that a TOML file or a run's folder holds. One without a kind is a NoteNet's.

    `of` is the class of recipe that is needed. Raises RecipeError, in which `where` is named, where it is another.
    """
    kind = mapping.get("kind", NOTE_NET.name)
    if isinstance(kind, str):
        kind = _FORMER_KINDS.get(kind, kind)
    recipe = validated(FileRecipe, {**mapping, "kind": kind}, where)
    if not isinstance(recipe, of):
        kinds = [one.kind for one in get_args(get_args(FileRecipe)[0]) if issubclass(one, of)]
        raise RecipeError(f"{where}: the recipe of a {kind}, but that of a {' or '.join(kinds)} is needed here")
    return recipe


def load(path: Path, changes: Sequence[str] = ()) -> MixRecipe:
    """The recipe of a network that is trained on mixes. See `load_as`."""
    return load_as(MixRecipe, path, changes)


def load_as(of: type[SomeRecipe], path: Path, changes: Sequence[str] = ()) -> SomeRecipe:
    """The recipe in a TOML file, with changes such as "training.seed=3" (the value in TOML).

    `of` is the class of recipe that is needed. Raises RecipeError where it is another.
    """
    return read(of, changed(read_toml(path), changes), path)


def validated(kind: Any, mapping: Mapping[str, Any], where: str | Path = "recipe") -> Any:
    """`mapping` as an instance of a dataclass, or of one of those in a tagged union. Raises RecipeError."""
    try:
        return checked(kind, mapping)
    except SettingsError as error:
        raise RecipeError(f"{where}: {error}") from error


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says. Raises RecipeError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not valid TOML ({error})") from error


def changed(mapping: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """`mapping`, itself, with changes such as "training.seed=3" (the value in TOML). Raises RecipeError."""
    for change in changes:
        key, separator, text = change.partition("=")
        if not separator:
            raise RecipeError(f"--set {change}: write it as key=value, such as training.seed=3")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        table = mapping
        *parents, last = key.strip().split(".")
        for parent in parents:
            table = table.setdefault(parent, {})
            if not isinstance(table, dict):
                raise RecipeError(f"--set {change}: {parent} is no table that a setting could be in")
        table[last] = value
    return mapping
