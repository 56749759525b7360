"""Recipes: everything that makes a network, in one TOML file.

Tables and their keys are the fields of the dataclasses below; a key that is not one of them is an error, so a
misspelt setting never goes unnoticed. `--set training.seed=3` changes one value.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mp3tomidi.augment.effect_shares import EffectShares
from mp3tomidi.augment.mixer import MixSettings
from mp3tomidi.train.losses import DrumLossWeights, NoteLossWeights
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.networks.settings import (
    ClipSpectrogramNetSettings,
    DrumJudgeSettings,
    DrumNetSettings,
    NoteJudgeSettings,
    NoteNetSettings,
    PerceptronSettings,
)
from mp3tomidi.transcribe.networks.weight_files import DRUM_NET, NOTE_NET
from mp3tomidi.transcribe.settings import SettingsError, build

CLIP_SPECTROGRAM_NET = "clip_spectrogram_net"
_FORMER_KINDS = {"sample_cnn": CLIP_SPECTROGRAM_NET}  # as recipes in cards and run folders from before say it


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
    effects: EffectShares = field(default_factory=EffectShares)


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
class BaseRecipe:
    """What the recipes of all kinds of networks have."""

    name: str
    data: SoundSettings = field(default_factory=SoundSettings)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @property
    def sha256(self) -> str:
        """Of the settings in force, changes by --set included."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True)
class AnyRecipe(BaseRecipe):
    """Of a network that hears mixes, and of the judge of what it hears."""

    data: DataSettings = field(default_factory=DataSettings)
    network: NoteNetSettings | DrumNetSettings = field(default_factory=NoteNetSettings)
    loss: NoteLossWeights | DrumLossWeights = field(default_factory=NoteLossWeights)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    judge: PerceptronSettings = field(default_factory=NoteJudgeSettings)
    judge_training: JudgeTraining = field(default_factory=JudgeTraining)


@dataclass(frozen=True)
class Recipe(AnyRecipe):
    """Of a NoteNet and its judge."""

    network: NoteNetSettings = field(default_factory=NoteNetSettings)
    loss: NoteLossWeights = field(default_factory=NoteLossWeights)
    judge: NoteJudgeSettings = field(default_factory=NoteJudgeSettings)


@dataclass(frozen=True)
class DrumRecipe(AnyRecipe):
    """Of a DrumNet and its judge. Its file says kind = "drum_net"; one that says nothing is of a NoteNet."""

    kind: str = DRUM_NET
    network: DrumNetSettings = field(default_factory=DrumNetSettings)
    loss: DrumLossWeights = field(default_factory=DrumLossWeights)
    judge: DrumJudgeSettings = field(default_factory=DrumJudgeSettings)


@dataclass(frozen=True)
class ClipRecipe(BaseRecipe):
    """Of a ClipSpectrogramNet. Its file says kind = "clip_spectrogram_net"; what teaches it has the classes."""

    kind: str = CLIP_SPECTROGRAM_NET
    network: ClipSpectrogramNetSettings = field(default_factory=ClipSpectrogramNetSettings)
    training: ClipTraining = field(default_factory=ClipTraining)


def from_mapping(mapping: dict[str, Any]) -> AnyRecipe:
    """A recipe of a network that hears mixes."""
    recipe = _any_from_mapping(mapping)
    if not isinstance(recipe, AnyRecipe):
        raise RecipeError(f"recipe: {recipe.name} is a ClipSpectrogramNet's; it is taught by a command of its own")
    return recipe


def _any_from_mapping(mapping: dict[str, Any]) -> BaseRecipe:
    if "name" not in mapping:
        raise RecipeError("recipe: it needs a name")
    kinds: dict[str, type[BaseRecipe]] = {NOTE_NET: Recipe, DRUM_NET: DrumRecipe, CLIP_SPECTROGRAM_NET: ClipRecipe}
    kind = mapping.get("kind", NOTE_NET)
    if isinstance(kind, str) and kind in _FORMER_KINDS:
        kind = _FORMER_KINDS[kind]
        mapping = {**mapping, "kind": kind}
    if kind not in kinds:
        raise RecipeError(f"recipe: there is no kind {kind!r}, only {', '.join(kinds)}")
    if kind == NOTE_NET:
        mapping = {key: value for key, value in mapping.items() if key != "kind"}
    try:
        recipe: BaseRecipe = build(kinds[kind], mapping, "")
    except SettingsError as error:
        raise RecipeError(f"recipe: {error}") from error
    return recipe


def load_for_notes(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """As `load`, and a NoteNet's."""
    recipe = load(path, changes)
    if not isinstance(recipe, Recipe):
        raise RecipeError(f"{path}: the recipe of a DrumNet, but a NoteNet's is needed here")
    return recipe


def load_for_drums(path: Path, changes: Sequence[str] = ()) -> DrumRecipe:
    """As `load`, and a DrumNet's."""
    recipe = load(path, changes)
    if not isinstance(recipe, DrumRecipe):
        raise RecipeError(f"{path}: the recipe of a NoteNet, but a DrumNet's is needed here")
    return recipe


def load_for_clips(path: Path, changes: Sequence[str] = ()) -> ClipRecipe:
    """As `load`, and a ClipSpectrogramNet's."""
    recipe = _any_from_mapping(_read(path, changes))
    if not isinstance(recipe, ClipRecipe):
        raise RecipeError(
            f"{path}: the recipe of a network that hears mixes, but a ClipSpectrogramNet's is needed here"
        )
    return recipe


def load(path: Path, changes: Sequence[str] = ()) -> AnyRecipe:
    """The recipe in a TOML file, with changes such as "training.seed=3" (the value in TOML). Raises RecipeError."""
    return from_mapping(_read(path, changes))


def _read(path: Path, changes: Sequence[str]) -> dict[str, Any]:
    return changed(read_toml(path), changes)


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
