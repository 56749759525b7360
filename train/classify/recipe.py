"""Recipes of segment classifiers: the task, the network, what teaches it and how, in one TOML file.

In the file `task` is the name of a task (transcribe/classify/tasks) or a table with its fields; `like`, one more field
of that table, names the task whose values hold where the table has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from mp3tomidi.augment.mixing.solos import SoloSettings
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.recipe import BaseRecipe, DataSettings, RecipeError, validated
from mp3tomidi.transcribe.classify.task import Task, load_task, task_names
from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.segment_classifier import SegmentNetSettings

CLASSIFIER = "classifier"
NO_EFFECTS = "none"


@dataclass(frozen=True)
class RenderedData(DataSettings):
    """Banks, mixes, solos and effects of a network that is taught on rendered sound (`--banks`).

    held_out: sources (augment/banks/bank.py, `is_of`) that teach nothing and that the loss is measured on.
    """

    solos: SoloSettings = field(default_factory=SoloSettings)
    held_out: tuple[str, ...] = ()
    seed: int = 1  # of what is rendered: networks of several training.seed can learn from the same sound
    lead_s: float = 0.0  # of a mix before the segment, whose reverberation reaches into it
    round_batches: int = 64  # of new mixes, which are then gone through
    rounds: int = 0  # after which the first comes again; 0: never
    uses: int = 6  # times in a row,
    uses_an_effect: int = 1  # so many of all uses with the same effects
    epoch_batches: int = 64
    valid_batches: int = 16


@dataclass(frozen=True)
class SegmentTraining:
    """How a segment classifier is taught. Raises SettingsError if the values make no sense."""

    seed: int = 1
    optimizer: str = "adamw"  # or "sgd"
    learning_rate: float = 2e-3
    momentum: float = 0.9  # of sgd
    weight_decay: float = 0.01
    warm_up_steps: int = 100
    batch_segments: int = 16
    segments_per_recording: int = 4  # in an epoch
    epochs: int = 100
    patience_epochs: int = 12  # without a lower loss on the valid part, after which it ends; 0: it never does
    cool_down_epochs: int = 0  # the last ones, in which the rate falls to zero
    gradient_norm: float = 1.0
    class_weights: str = "balanced"  # or "none": rare classes count as much as frequent ones, or not
    label_smoothing: float = 0.0  # where the classes exclude each other
    spectrum_augmentation: bool = False  # what an FCN-4 sees is changed each time: spectrum_augmentation.py
    average_decay: float = 0.0  # in a step, of the moving average of the weights that is kept; 0: the last ones are
    best_f1_at_half: bool = False  # of several classes: shifts each output to the best F1 on the valid part
    bfloat16: bool = False  # convolutions in bfloat16: a third faster on processors that know it

    def __post_init__(self) -> None:
        if self.optimizer not in ("adamw", "sgd"):
            raise SettingsError(f"optimizer must be adamw or sgd, not {self.optimizer!r}")
        if self.class_weights not in ("balanced", "none"):
            raise SettingsError(f"class_weights must be balanced or none, not {self.class_weights!r}")
        if min(self.batch_segments, self.segments_per_recording, self.epochs) < 1 or self.learning_rate <= 0:
            raise SettingsError("batch_segments, segments_per_recording, epochs and learning_rate must be positive")
        if not 0 <= self.average_decay < 1:
            raise SettingsError("average_decay must be from 0 to below 1")
        if not 0 <= self.cool_down_epochs <= self.epochs or self.patience_epochs < 0:
            raise SettingsError("cool_down_epochs must be from 0 to epochs, and patience_epochs 0 or more")


@dataclass(frozen=True)
class ClassifierRecipe(BaseRecipe):
    """Of a segment classifier. augmentation: "none", or the recipe whose effects are laid over recordings."""

    kind: str = CLASSIFIER
    data: RenderedData = field(default_factory=RenderedData)
    task: Task = field(default_factory=lambda: Task("folders", "which of the folders a recording is like"))
    network: SegmentNetSettings = field(default_factory=SegmentNetSettings)
    training: SegmentTraining = field(default_factory=SegmentTraining)
    augmentation: str = NO_EFFECTS

    def __post_init__(self) -> None:
        if self.network.segment_samples != self.task.segment_samples:
            raise SettingsError(
                f"the network takes {self.network.segment_samples} samples at a time, but the task's segments have "
                f"{self.task.segment_samples}: change task.segment_samples or the network"
            )
        if self.training.spectrum_augmentation and (self.network.kind, self.task.answer) != ("fcn4", "many"):
            raise SettingsError("training.spectrum_augmentation is for an fcn4 that tells several classes at once")
        if self.training.best_f1_at_half and self.task.answer != "many":
            raise SettingsError("training.best_f1_at_half is for classes that may all hold at once")
        if self.network.sample_rate not in (None, self.task.sample_rate):
            raise SettingsError(
                f"a {self.network.kind} takes {self.network.sample_rate} Hz, so task.sample_rate cannot be "
                f"{self.task.sample_rate}"
            )


def recipe_names() -> list[str]:
    """The recipes that come with the package, sorted."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load_classifier_recipe(name: str, changes: Sequence[str] = ()) -> ClassifierRecipe:
    """A recipe by its name or from a TOML file, which may also be a task's; with changes as `recipe.load` takes them.

    Raises RecipeError or TaskError.
    """
    if name in recipe_names():
        mapping = recipes.read_toml(_folder() / f"{name}.toml")
    elif name.endswith(".toml"):
        mapping = recipes.read_toml(Path(name))
        if "task" not in mapping:
            mapping = {"name": mapping.get("name", Path(name).stem), "task": mapping}
    else:
        raise RecipeError(f"there is no recipe {name!r}, only {', '.join(recipe_names())}; or name a TOML file")
    mapping["task"] = _task_table(mapping.get("task"), name)
    return classifier_recipe_from(recipes.changed(mapping, changes))


def classifier_recipe_from(mapping: dict[str, Any]) -> ClassifierRecipe:
    """A recipe from its settings, as TOML or a run's folder has them. Raises RecipeError."""
    if mapping.get("kind", CLASSIFIER) != CLASSIFIER:
        raise RecipeError(f"recipe: {mapping.get('name')} is no classifier's, but a {mapping['kind']}'s")
    recipe: ClassifierRecipe = validated(ClassifierRecipe, mapping)
    return recipe


def _task_table(task: object, where: str) -> dict[str, Any]:
    """The values of a task's fields, for `task` as a recipe has it."""
    if isinstance(task, str):
        return asdict(load_task(task))
    if not isinstance(task, dict):
        raise RecipeError(f"{where}: task must be a table or the name of a task ({', '.join(task_names())})")
    table = dict(task)
    like = table.pop("like", None)
    return table if like is None else asdict(load_task(str(like))) | table


def _folder() -> Path:
    return Path(str(resources.files("mp3tomidi.train") / "recipes" / "classify"))
