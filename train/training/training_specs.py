"""The table of what only training needs to know of a network: targets and loss, and what trains its judge.

The other half of `transcribe/networks/registry.py`, which knows nothing of training; both go by the network's name,
which is also the kind that its recipe says. A new network that is trained on mixes has an entry here, and a recipe in
`recipe.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from torch import Tensor

from mp3tomidi.augment.labels import Labels
from mp3tomidi.train.recipe import MixRecipe
from mp3tomidi.train.training.drum_targets import drum_targets
from mp3tomidi.train.training.losses import drum_loss, note_loss
from mp3tomidi.train.training.note_targets import note_targets
from mp3tomidi.transcribe.networks.registry import DRUM_NET, NOTE_NET, NetworkSpec

if TYPE_CHECKING:
    from mp3tomidi.train.judges.judge_training import JudgeRun

LossAndParts = tuple[Tensor, dict[str, float]]


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """A network that is trained on rendered mixes."""

    network: NetworkSpec
    loss: Callable[[Tensor, Labels, float, Any], LossAndParts]
    """Of logits [clip, output, frames, cell] against the clips' labels, from the time from one frame to the next, s,
    and the recipe's weights of the parts; and the parts by name."""
    judge: str
    """What teaches its judge and its velocities, as "module:function" below `mp3tomidi.train`: a machine that a pack
    was brought to has no library for it."""

    def teach_judge(self, run: JudgeRun) -> None:
        """Teaches what decides on the network's candidates, and writes it beside the network."""
        module, name = self.judge.split(":")
        getattr(import_module(f"mp3tomidi.train.{module}"), name)(run)


def training_of(recipe: MixRecipe) -> TrainingSpec:
    """The entry of a recipe's network."""
    return _BY_NAME[recipe.kind]


def _of_notes(logits: Tensor, labels: Labels, hop_s: float, weights: Any) -> LossAndParts:
    return note_loss(logits, note_targets(labels.notes, len(logits), logits.shape[2], hop_s, logits.device), weights)


def _of_drums(logits: Tensor, labels: Labels, hop_s: float, weights: Any) -> LossAndParts:
    return drum_loss(
        logits, drum_targets(labels.drum_hits, len(logits), logits.shape[2], hop_s, logits.device), weights
    )


ALL = (
    TrainingSpec(NOTE_NET, _of_notes, judge="judges.note_judge:teach"),
    TrainingSpec(DRUM_NET, _of_drums, judge="judges.drum_judge:teach"),
)
_BY_NAME = {spec.network.name: spec for spec in ALL}
