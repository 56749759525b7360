"""Teaches a SegmentClassifier: epochs of updates, early stopping, a state from which it goes on exactly."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mp3tomidi.train.classify.recipe import ClassifierRecipe, SegmentTraining
from mp3tomidi.train.classify.remembered_inputs import RememberedInputs
from mp3tomidi.train.classify.spectrum_augmentation import augmented
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.training.learning_rate import CoolDown, learning_rate
from mp3tomidi.transcribe.interruption import interruptions_deferred
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier

_STANDARDISING_SEGMENTS = 256
_HIGHEST_POSITIVE_WEIGHT = 20.0


class Source(Protocol):
    """Where batches come from: sound [segment, samples] and targets [segment, class]."""

    @property
    def epoch_batches(self) -> int: ...

    def batch(self, index: int) -> tuple[Tensor, Tensor]: ...


@dataclass
class TeachingProgress:
    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")


class ClassifierTrainer:
    """A network in training: all that a checkpoint must hold, one epoch, and the loss on what does not teach."""

    def __init__(self, recipe: ClassifierRecipe, shares: Tensor) -> None:
        """`shares` [class]: the share of the recordings that each class has, which class weights follow."""
        self.recipe = recipe
        torch.manual_seed(recipe.training.seed)
        self.net = SegmentClassifier(recipe.network.for_classes(len(recipe.task.classes)))
        # 2-D convolutions are a fifth to a third faster this way on a CPU.
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # The figures that are an EffectNet's inputs take longer to compute than to learn from.
        self.inputs_of = RememberedInputs(self.net.inputs) if recipe.network.kind == "effect_net" else self.net.inputs
        self.average = _average(self.net, recipe.training.average_decay)
        self.optimizer = _optimizer(self.net, recipe.training)
        self.loss_of = loss_for(recipe, shares)
        self.progress = TeachingProgress()
        self.begins_with: dict[str, str] = {}  # name and checksum of the weights that it began with, for the card
        self.best = copy.deepcopy(self.net.state_dict())

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict() if self.average else {},
            "best": self.best,
            "progress": asdict(self.progress),
            "begins_with": self.begins_with,
            "random": torch.get_rng_state(),
        }

    def load(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        if self.average:
            self.average.load_state_dict(state["average"])
        self.best = state["best"]
        self.progress = TeachingProgress(**state["progress"])
        self.begins_with = state.get("begins_with", {})
        torch.set_rng_state(state["random"])

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Takes over all of a taught network that fits: its classes need not be the same.

        An EffectNet takes over the layers that it does not teach, and nothing else.
        Raises RecipeError where no layer fits.
        """
        own = self.net.state_dict()
        taken = "net.layers." if self.recipe.network.kind == "effect_net" else ""  # what an EffectNet never teaches
        fitting = {
            name: value
            for name, value in weights.items()
            if name.startswith(taken) and name in own and own[name].shape == value.shape
        }
        if all(value.ndim < 2 for value in fitting.values()):
            raise RecipeError(
                "no layer of the network to begin with has the size that the recipe says, or is of its kind"
            )
        self.net.load_state_dict({**own, **fitting})
        self.best = copy.deepcopy(self.net.state_dict())

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the loss has not fallen for as long as patience lasts."""
        training, progress = self.recipe.training, self.progress
        waited = progress.epoch - progress.best_epoch
        return progress.epoch >= training.epochs or 0 < training.patience_epochs <= waited

    def standardise(self, source: Source) -> None:
        """Adapts the network's front end to what teaches it, where it has one that needs it."""
        if self.recipe.network.kind == "genre_net":
            wanted = -(-_STANDARDISING_SEGMENTS // self.recipe.training.batch_segments)
            count = min(wanted, source.epoch_batches)
            self.net.standardise_by(torch.cat([source.batch(index)[0] for index in range(count)]))

    def epoch(self, source: Source) -> dict[str, float]:
        """One epoch of updates: its mean loss, the share of right answers, and the seconds spent waiting for data."""
        training, batches = self.recipe.training, source.epoch_batches
        cool_down = None
        if training.cool_down_epochs:
            start = (training.epochs - training.cool_down_epochs) * batches
            cool_down = CoolDown(start, training.cool_down_epochs * batches)
        self.net.train()
        losses = right = segments = waited_s = 0.0
        for batch in range(batches):
            step = self.progress.epoch * batches + batch
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(step, training.learning_rate, training.warm_up_steps, cool_down)
            asked_s = time.monotonic()
            sound, target = source.batch(step)
            waited_s += time.monotonic() - asked_s
            inputs = self.inputs_of(sound)
            if training.spectrum_augmentation:
                inputs, target = augmented(inputs, target, np.random.default_rng([training.seed, step]))
            with torch.autocast("cpu", torch.bfloat16, enabled=training.bfloat16):
                logits = self.net.of_inputs(inputs)
            logits = logits.float()
            loss = self.loss_of(logits, target)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            norm = nn.utils.clip_grad_norm_(self.net.parameters(), training.gradient_norm)
            if torch.isfinite(norm):
                self.optimizer.step()
                if self.average:
                    self.average.update_parameters(self.net)
            losses += loss.item() * len(sound)
            right += right_answers(logits, target, self.recipe.task.answer)
            segments += len(sound)
        self.progress.epoch += 1
        return {"loss": losses / segments, "right": right / segments, "data_wait_s": waited_s}

    @torch.no_grad()
    def measure(self, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, float]:
        """The loss and the share of right answers on segments that do not teach; keeps the weights if best so far."""
        measured = cast(SegmentClassifier, self.average.module) if self.average else self.net
        measured.eval()
        losses = right = segments = 0.0
        for sound, target in batches:
            logits = measured.of_inputs(self.inputs_of(sound))
            losses += self.loss_of(logits, target).item() * len(sound)
            right += right_answers(logits, target, self.recipe.task.answer)
            segments += len(sound)
        loss = losses / segments
        if loss < self.progress.best_loss:
            self.progress.best_loss, self.progress.best_epoch = loss, self.progress.epoch
            self.best = copy.deepcopy(measured.state_dict())
        return {"valid_loss": loss, "valid_right": right / segments}

    def best_net(self) -> SegmentClassifier:
        """The network of the epoch with the lowest loss, ready for use."""
        net = SegmentClassifier(self.net.settings)
        net.load_state_dict(self.best)
        return net.eval()


def teach(
    trainer: ClassifierTrainer,
    source: Source,
    valid: Callable[[], Iterable[tuple[Tensor, Tensor]]],
    folder: RunFolder,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Epoch after epoch until the trainer has finished or `stop` says so; the run's folder gets a log and the state."""
    if trainer.progress.epoch == 0:
        trainer.standardise(source)
    while not (trainer.finished or stop()):
        row = trainer.epoch(source)
        with interruptions_deferred():
            row |= trainer.measure(valid())
            folder.log({"step": float(trainer.progress.epoch), **row})
            folder.save(trainer.state())


def loss_for(recipe: ClassifierRecipe, shares: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """Cross entropy, of each class by itself where several may hold, weighted as the recipe says.

    "balanced" gives classes that exclude each other the inverse of their share, with a mean of one;
    of others those that are there the odds against it, up to 20.
    """
    balanced = recipe.training.class_weights == "balanced"
    shares = shares.clamp(min=1e-6)
    if recipe.task.answer == "one":
        weight = shares.sum() / (len(shares) * shares) if balanced else None
        return nn.CrossEntropyLoss(weight, label_smoothing=recipe.training.label_smoothing)
    positive = ((1.0 - shares) / shares).clamp(1.0, _HIGHEST_POSITIVE_WEIGHT) if balanced else None
    return nn.BCEWithLogitsLoss(pos_weight=positive)


def right_answers(logits: Tensor, target: Tensor, answer: str) -> float:
    """How many segments' answers are right: the likeliest class; of several, the mean share of the classes."""
    if answer == "one":
        return float((logits.argmax(dim=1) == target.argmax(dim=1)).sum())
    return float(((logits > 0) == (target > 0.5)).float().mean(dim=1).sum())


def _average(net: nn.Module, decay: float) -> AveragedModel | None:
    """The exponential moving average of weights and batch statistics (Polyak averaging), which is then measured."""
    if not decay:
        return None
    moving = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(net, multi_avg_fn=moving, use_buffers=True)


def _optimizer(net: nn.Module, training: SegmentTraining) -> torch.optim.Optimizer:
    if training.optimizer == "sgd":
        return torch.optim.SGD(
            net.parameters(), training.learning_rate, training.momentum, weight_decay=training.weight_decay
        )
    return torch.optim.AdamW(net.parameters(), training.learning_rate, weight_decay=training.weight_decay)
