"""The training loop: optimizer steps until the time is up, and a state from which training resumes exactly."""

from __future__ import annotations

import copy
import math
import time
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.effects.chains.training import training_chain
from mp3tomidi.augment.labels import Labels
from mp3tomidi.train.datasets.rendered import RenderedBatch, RenderedMixes, batches_from
from mp3tomidi.train.recipe import MixRecipe
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.training.learning_rate import CoolDown, learning_rate
from mp3tomidi.train.training.memory import keep_freed_memory
from mp3tomidi.train.training.ranks import ALONE, Ranks
from mp3tomidi.train.training.training_specs import training_of
from mp3tomidi.transcribe.front_end.normalisation import band_level, band_power
from mp3tomidi.transcribe.front_end.torch_spectrogram import LogFrequencySpectrogram
from mp3tomidi.transcribe.inference.devices import usable_device
from mp3tomidi.transcribe.interruption import interruptions_deferred

LOG_EVERY_STEPS = 50
ENDLESS = 1 << 40  # batches; a run is ended by time, not by data

# A recording is normalised by its long-term level, a clip by its own: quiet and differently coloured passages of a
# recording are imitated by moving the level that the clip is divided by.
LEVEL_JITTER_DB = (-4.0, 12.0)
COLOUR_JITTER_DB = 3.0
_COLOUR_POINTS = 8


@dataclass
class Progress:
    step: int = 0
    sound_s: float = 0.0
    skipped_steps: int = 0  # whose gradient was not finite


class Trainer:
    """A network in training: everything that a checkpoint must hold, and one step."""

    def __init__(self, recipe: MixRecipe, chain: Chain, device: torch.device, ranks: Ranks = ALONE) -> None:
        self.recipe, self.chain, self.device, self.ranks = recipe, chain, device, ranks
        torch.manual_seed(recipe.training.seed)
        self.front_end = LogFrequencySpectrogram(recipe.network.front_end).to(device)
        self.training = training_of(recipe)
        self.net = self.training.network.new(recipe.network).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.parallel = ranks.parallel(self.net)
        self.share = ranks.share(recipe.training.batch_clips)  # of a batch, by the clips' numbers
        averaging = get_ema_multi_avg_fn(recipe.training.average_decay)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(self.net, multi_avg_fn=averaging, use_buffers=True)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), recipe.training.learning_rate, weight_decay=recipe.training.weight_decay
        )
        self.progress = Progress()
        self.cool_down: CoolDown | None = None

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": vars(self.progress),
            "cool_down": (self.cool_down.start, self.cool_down.steps) if self.cool_down else None,
        }

    def load(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))  # it would go on with the very tensors
        for group in self.optimizer.param_groups:
            group["weight_decay"] = self.recipe.training.weight_decay  # the recipe's, which may have been changed
        self.progress = Progress(**state["progress"])
        self.cool_down = CoolDown(*state["cool_down"]) if state["cool_down"] else None

    def step(self, batch: RenderedBatch) -> dict[str, float]:
        """One update on a batch, its effects applied; returns the parts of the loss and the gradient's norm."""
        return self.learn(*batch.finished(self.chain, self.device))

    def learn(self, sound: Tensor, labels: Labels, rate_share: float = 1.0) -> dict[str, float]:
        """One update on sound [clip, samples] of the device, with `rate_share` of the learning rate that it is time
        for; returns the parts of the loss and the gradient's norm.
        """
        training = self.recipe.training
        rate = learning_rate(self.progress.step, training.learning_rate, training.warm_up_steps, self.cool_down)
        rate *= rate_share
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        hop_s = self.recipe.network.front_end.hop_s
        clips = sound.shape[0]
        micro = min(training.micro_batch_clips, clips)
        sums: dict[str, float] = defaultdict(float)
        self.net.train()
        self.optimizer.zero_grad()
        statistics = [buffer.clone() for buffer in self.net.buffers()]
        for first in range(0, clips, micro):
            part = sound[first : first + micro]
            amplitude = self.front_end(part)
            level = self._level(amplitude, first)
            with self.ranks.gradients_kept(self.parallel, until_later=first + micro < clips):
                with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                    logits = self.parallel(amplitude, level)
                of_part = labels.of_clips(first, first + micro)
                loss, parts = self.training.loss(logits, of_part, hop_s, self.recipe.loss)
                (loss * (len(part) / clips)).backward()  # type: ignore[no-untyped-call]
            for name, value in {"loss": loss.item(), **parts}.items():
                sums[name] += value * len(part) / clips
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), training.gradient_norm).item()
        if math.isfinite(norm):
            self.optimizer.step()
            self.ranks.average_buffers(self.net)
            self.averaged.update_parameters(self.net)
        else:
            self.progress.skipped_steps += 1
            for buffer, before in zip(self.net.buffers(), statistics, strict=True):
                buffer.copy_(before)  # what is not finite would stay in the running means for good
        self.progress.step += 1
        self.progress.sound_s += self.ranks.count * sound.numel() / self.recipe.network.front_end.sample_rate
        return {**self.ranks.mean(sums, self.device), "gradient_norm": norm, "learning_rate": rate}

    def _level(self, amplitude: Tensor, first: int) -> Tensor:
        """The band levels of clips first, ..., moved at random.

        Each depends on seed, step and number of the clip alone, so that a resumed run is exact, and so is a shared one.
        """
        clips, views, _, bins = amplitude.shape
        numbers = range(self.share.start + first, self.share.start + first + clips)
        generators = [self._generator(clip) for clip in numbers]
        low, high = LEVEL_JITTER_DB
        shift = torch.stack([low + (high - low) * torch.rand(1, 1, generator=each) for each in generators])
        colour = torch.stack([torch.randn(1, _COLOUR_POINTS, generator=each) for each in generators])
        curve = nn.functional.interpolate(COLOUR_JITTER_DB * colour, bins, mode="linear", align_corners=True)
        jitter = 10.0 ** ((shift + curve) / 20.0)
        level = band_level(band_power(amplitude), self.recipe.network.front_end.bins_per_semitone)
        return level * jitter.to(self.device).expand(clips, views, bins)

    def _generator(self, clip: int) -> torch.Generator:
        seeds = np.random.SeedSequence([self.recipe.training.seed, self.progress.step, clip])
        return torch.Generator().manual_seed(int(seeds.generate_state(1)[0]))


def train(
    trainer: Trainer,
    mixes: RenderedMixes,
    folder: RunFolder,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    workers: int = 1,
) -> Progress:
    """Trains until the cool-down ends, `minutes` have passed or `steps` steps are done in all, whichever is first.

    The state is saved at the end, on an interruption, and every `checkpoint_minutes`.
    """
    keep_freed_memory()
    started = saved = time.monotonic()
    ranks, figures = trainer.ranks, _Figures(trainer, folder)
    limit = min(ENDLESS if steps is None else steps, trainer.cool_down.end if trainer.cool_down else ENDLESS)
    batches = batches_from(mixes, trainer.progress.step, workers)

    def save() -> None:
        if ranks.is_first:
            folder.save(trainer.state())

    try:
        with ranks.interruptions() as interrupted:
            while trainer.progress.step < limit:
                now = time.monotonic()
                time_is_up = minutes is not None and now - started > 60.0 * minutes
                if ranks.any(time_is_up or interrupted(), trainer.device):
                    break
                batch = next(batches)
                waited_s = time.monotonic() - now
                with nullcontext() if ranks.count > 1 else interruptions_deferred():
                    losses = trainer.step(batch)
                figures.add(losses, waited_s)
                if trainer.progress.step % LOG_EVERY_STEPS == 0 or trainer.progress.step == limit:
                    figures.log()
                if time.monotonic() - saved > 60.0 * trainer.recipe.training.checkpoint_minutes:
                    save()
                    saved = time.monotonic()
            if ranks.any(interrupted(), trainer.device):
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        save()
        raise
    # Any other error may have left a step half done: the last checkpoint stays.
    save()
    return trainer.progress


class _Figures:
    """Rows of the log: means of the losses since the row before, and times since the start of this run."""

    def __init__(self, trainer: Trainer, folder: RunFolder) -> None:
        self._trainer, self._folder = trainer, folder
        self._started = time.monotonic()
        self._waited_s = 0.0
        self._sums: dict[str, float] = defaultdict(float)
        self._steps = 0

    def add(self, losses: dict[str, float], waited_s: float) -> None:
        """The losses of a step, and how long its batch was waited for."""
        for name, value in losses.items():
            self._sums[name] += value
        self._steps += 1
        self._waited_s += waited_s

    def log(self) -> None:
        """Write a row, if this process is the one that writes, and begin the next."""
        progress = self._trainer.progress
        if self._trainer.ranks.is_first:
            self._folder.log(
                {
                    "step": progress.step,
                    "sound_h": progress.sound_s / 3600.0,
                    "elapsed_s": time.monotonic() - self._started,
                    "data_wait_s": self._waited_s,
                    "skipped_steps": progress.skipped_steps,
                    **{name: value / self._steps for name, value in self._sums.items()},
                }
            )
        self._sums.clear()
        self._steps = 0


def new_trainer(recipe: MixRecipe, device: str, ranks: Ranks = ALONE) -> Trainer:
    """A trainer at step 0. Raises DeviceError, and RecipeError where `ranks` cannot share the recipe's batches."""
    chain = training_chain(recipe.network.front_end.sample_rate, recipe.data.effects)
    return Trainer(recipe, chain, usable_device(device), ranks)
