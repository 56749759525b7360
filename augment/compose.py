"""Chains of effects on sound in memory, NumPy or torch, one file or a batch, its labels moved with it.

from mp3tomidi.augment import Compose, Step

augment = Compose([Step("chorus", share=0.5), Step("reverb", rt60_s=(0.3, 0.8)), Step("filter")])
changed = augment(samples, sample_rate, seed=1)
changed, moved = augment(samples, sample_rate, labels, seed=1)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment import recipe
from mp3tomidi.augment.effects.chains.chain import Chain, Drawn
from mp3tomidi.augment.labels import Labels, join, starting_before
from mp3tomidi.augment.recipe import Group, Recipe, Step
from mp3tomidi.transcribe.errors import AudioError

Sound = TypeVar("Sound", NDArray[Any], Tensor)
Seed = int | Sequence[int] | np.random.Generator


class Compose:
    """A chain of effects, from steps, from a recipe, or from its name or file.

    Raises RecipeError for a recipe that cannot be followed.
    """

    def __init__(self, steps: Sequence[Step | Group] | Recipe | str | Path) -> None:
        if isinstance(steps, str | Path):
            steps = recipe.load(steps)
        self.steps = steps.steps if isinstance(steps, Recipe) else tuple(steps)
        self._chains: dict[int, Chain] = {}

    def chain(self, sample_rate: int) -> Chain:
        """The chain for sound of this rate, Hz."""
        if sample_rate not in self._chains:
            self._chains[sample_rate] = recipe.chain_of(self.steps, sample_rate)
        return self._chains[sample_rate]

    @overload
    def __call__(self, samples: Sound, sample_rate: int, labels: None = None, *, seed: Seed) -> Sound: ...

    @overload
    def __call__(self, samples: Sound, sample_rate: int, labels: Labels, *, seed: Seed) -> tuple[Sound, Labels]: ...

    def __call__(
        self, samples: Sound, sample_rate: int, labels: Labels | None = None, *, seed: Seed
    ) -> Sound | tuple[Sound, Labels]:
        """Changed sound, and its labels if there were any. The same seed gives the same.

        samples: floating point, [frames], [channels, frames] or [batch, channels, frames]; full scale is -1 to 1.
            What comes out is float32, of the same kind and on the same device. One file may become longer or shorter;
            a batch keeps its length, with longer clips cut and shorter ones followed by silence.
        sample_rate: Hz.
        labels: of the clips of the batch; of clip 0 if there is no batch.
        seed: a number, several, or a generator, which moves on.

        Raises AudioError for samples of another shape or of integers, or if there are none.
        """
        x = _as_batch(samples)
        chain = self.chain(sample_rate)
        drawn = chain.draw(np.random.default_rng(seed), len(x))
        moved = labels or Labels()
        if len(x) == 1:
            y, moved = chain.one_clip(x, moved, drawn.effects(0))
        elif chain.changes_length:
            y, moved = _one_by_one(chain, x, moved, drawn)
        else:
            y, moved = chain.sound(x, drawn), chain.labels(moved, drawn)
        if samples.ndim == 3:
            y, moved = _of_length(y, x.shape[-1]), starting_before(moved, x.shape[-1] / sample_rate)
        changed: Sound = _like(samples, y)
        return changed if labels is None else (changed, moved)


def _as_batch(samples: NDArray[Any] | Tensor) -> Tensor:
    """[batch, channel, time], float32."""
    x = torch.as_tensor(samples)
    if not x.is_floating_point() or not 1 <= x.ndim <= 3 or 0 in x.shape:
        raise AudioError(
            f"samples of shape {tuple(x.shape)} and type {x.dtype}: give floating point numbers from -1 to 1 as "
            "[frames], [channels, frames] or [batch, channels, frames]"
        )
    if x.ndim > 1 and x.shape[-2] > x.shape[-1]:
        raise AudioError(
            f"samples of shape {tuple(x.shape)}: more channels than frames; transpose what soundfile reads"
        )
    return x.detach().float()[(None,) * (3 - x.ndim)]


def _like(samples: NDArray[Any] | Tensor, y: Tensor) -> Any:
    y = y[(0,) * (3 - samples.ndim)]
    return y if isinstance(samples, Tensor) else y.numpy()


def _one_by_one(chain: Chain, x: Tensor, labels: Labels, drawn: Drawn) -> tuple[Tensor, Labels]:
    changed, moved = [], []
    for clip in range(len(x)):
        y, its_labels = chain.one_clip(x[clip : clip + 1], labels.of_clips(clip, clip + 1), drawn.effects(clip))
        changed.append(_of_length(y, x.shape[-1]))
        moved.append(its_labels)
    return torch.cat(changed), join(moved)


def _of_length(y: Tensor, samples: int) -> Tensor:
    return torch.nn.functional.pad(y, (0, max(0, samples - y.shape[-1])))[..., :samples]
