"""Trains networks side by side for minutes: on a GPU that is lent for a quarter of an hour, start included.

The cores render mixes, each of which is used several times with other effects; the device does the rest, for every
network on the same sound. The learning rate falls to zero in a straight line over the time there is, measured by the
clock, since nobody knows how many steps fit into it. What is learned is saved several times, and at the end before the
time is over. docs/train.md says how to use it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mp3tomidi.augment.labels import Labels
from mp3tomidi.train.datasets.rendered import RenderedBatch, RenderedMixes, batches_from
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.training.loop import LOG_EVERY_STEPS, Trainer
from mp3tomidi.transcribe.interruption import interruptions_deferred

SAVES = 4  # in the time there is, the last one at its end
_CLEAR_OF_THE_END = 3.0  # longest steps, that the last save is begun before the time is over


@dataclass
class Pupil:
    """A network in training, its folder, and its losses since they were written down."""

    trainer: Trainer
    folder: RunFolder
    losses: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class ReusedMixes(Dataset[list[RenderedBatch]]):
    """Item i is batch i of some mixes, `times` times, each with effects of its own."""

    def __init__(self, mixes: RenderedMixes, times: int) -> None:
        self.mixes, self._times = mixes, times

    def __len__(self) -> int:
        return len(self.mixes)

    def __getitem__(self, index: int) -> list[RenderedBatch]:
        mixes, first = self.mixes, self.mixes[index]
        # The seeds of the first draw end with the number of clips, so that these are others.
        seeds = [[mixes.seed, index, mixes.batch_clips, again] for again in range(1, self._times)]
        drawn = [mixes.chain.draw(np.random.default_rng(seed), mixes.batch_clips) for seed in seeds]
        return [first, *(replace(first, drawn=other) for other in drawn)]


@dataclass(frozen=True)
class Deadline:
    """A time on the monotonic clock, and when the count to it began."""

    start_s: float
    end_s: float

    @classmethod
    def after(cls, minutes: float) -> Deadline:
        now_s = time.monotonic()
        return cls(now_s, now_s + 60.0 * minutes)

    @property
    def left_s(self) -> float:
        return self.end_s - time.monotonic()

    @property
    def share_left(self) -> float:
        return max(0.0, self.left_s / (self.end_s - self.start_s))


def check_alike(pupils: Sequence[Pupil]) -> None:
    """Raises RecipeError where recipes cannot be taught with the same batches."""
    names = [pupil.trainer.recipe.name for pupil in pupils]
    if len(set(names)) < len(names):
        raise RecipeError(f"two of the recipes have the same name, {max(names, key=names.count)!r}, so the same folder")
    rates = {pupil.trainer.recipe.network.front_end.sample_rate for pupil in pupils}
    if len(rates) > 1:
        raise RecipeError("networks that are taught together need the same sample rate")


def burst(
    pupils: Sequence[Pupil], mixes: RenderedMixes, deadline: Deadline, *, times_heard: int = 2, workers: int = 1
) -> None:
    """Trains all pupils until just before the deadline. The effects are those of the mixes' chain.

    An interruption saves what is learned, and is raised again.
    """
    device = pupils[0].trainer.device
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    clock = _Clock(deadline, pupils[0].trainer.recipe.network.front_end.sample_rate)
    try:
        _learn(pupils, ReusedMixes(mixes, times_heard), clock, workers)
    except KeyboardInterrupt:
        _save(pupils)
        raise
    # Any other error may have left a step half done: the last checkpoint stays.
    clock.write(pupils)
    _save(pupils)


def _learn(pupils: Sequence[Pupil], reused: ReusedMixes, clock: _Clock, workers: int) -> None:
    """Steps until the time is nearly over, with checkpoints in between."""
    saves_left = SAVES - 1
    for batches in batches_from(reused, pupils[0].trainer.progress.step, workers):
        clock.got_data(batches[0])
        for batch in batches:
            if clock.over:
                return
            with interruptions_deferred():
                clock.step(pupils, *batch.finished(reused.mixes.chain, pupils[0].trainer.device))
            if clock.share_left < saves_left / SAVES:
                saves_left -= 1
                _save(pupils)
        clock.waits()


class _Clock:
    """Steps, with what they took, and rows of the log."""

    def __init__(self, deadline: Deadline, sample_rate: int) -> None:
        self._deadline, self._sample_rate = deadline, sample_rate
        self._longest_s = 0.0
        self._steps = self._unwritten = 0
        self._waited_s = self._fresh_s = self._computed_s = 0.0
        self._began_s: float | None = None
        self._waiting_since_s = time.monotonic()

    @property
    def share_left(self) -> float:
        return self._deadline.share_left

    @property
    def over(self) -> bool:
        """Whether one more step might end after the deadline."""
        return self._deadline.left_s < _CLEAR_OF_THE_END * self._longest_s or self._deadline.left_s <= 0.0

    def waits(self) -> None:
        self._waiting_since_s = time.monotonic()

    def got_data(self, batch: RenderedBatch) -> None:
        now_s = time.monotonic()
        if self._began_s is None:
            self._began_s = now_s  # what comes before is the start of the processes
        else:
            self._waited_s += now_s - self._waiting_since_s
        self._fresh_s += batch.sound.numel() / self._sample_rate

    def step(self, pupils: Sequence[Pupil], sound: Tensor, labels: Labels) -> None:
        """One step of every pupil."""
        start_s, rate_share = time.monotonic(), self.share_left
        for pupil in pupils:
            for name, value in pupil.trainer.learn(sound, labels, rate_share).items():
                pupil.losses[name] += value
        self._computed_s += sound.numel() / self._sample_rate
        self._steps += 1
        self._unwritten += 1
        self._longest_s = max(self._longest_s, time.monotonic() - start_s) if self._steps > 1 else 0.0
        if self._unwritten == LOG_EVERY_STEPS:
            self.write(pupils)

    def write(self, pupils: Sequence[Pupil]) -> None:
        """A row of each pupil's log, of the steps since the last one."""
        if not self._unwritten or self._began_s is None:
            return
        now_s = time.monotonic()
        for pupil in pupils:
            row = {
                "step": pupil.trainer.progress.step,
                "sound_h": pupil.trainer.progress.sound_s / 3600.0,
                "fresh_h": self._fresh_s / 3600.0,
                "elapsed_s": now_s - self._deadline.start_s,
                "data_wait_s": self._waited_s,
                "times_real_time": self._computed_s / (now_s - self._began_s),
                "skipped_steps": pupil.trainer.progress.skipped_steps,
            }
            pupil.folder.log({**row, **{name: value / self._unwritten for name, value in pupil.losses.items()}})
            pupil.losses.clear()
        self._unwritten = 0


def _save(pupils: Sequence[Pupil]) -> None:
    for pupil in pupils:
        pupil.folder.save(pupil.trainer.state())
