"""Augmentation where networks are taught: a torch data set of changed items, and a collation that changes a batch.

    DataLoader(AugmentedDataset(items, Compose("studio"), 44_100, seed=1), ...)                # on the CPU, in workers
    DataLoader(items, collate_fn=AugmentingCollate(Compose("studio"), 44_100, seed=1, device="cuda"), batch_size=32)

An item is (samples, target), the samples as `Compose` takes them for one file. A target that is `Labels` moves with the
sound; any other (the number of a class) stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, default_collate, get_worker_info

from mp3tomidi.augment.compose import Compose
from mp3tomidi.augment.labels import Labels, join

Sound = NDArray[np.float32] | Tensor
Item = tuple[Any, Any]


class Items(Protocol):
    """What a data set with numbered items has."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Item: ...


class AugmentedDataset(Dataset[Item]):
    """The items of another data set, changed anew in every epoch: by seed, epoch and index."""

    def __init__(self, items: Items, augment: Compose, sample_rate: int, *, seed: int) -> None:
        self._items = items
        self._augment = augment
        self._sample_rate = sample_rate
        self._seed = seed
        self.epoch = 0  # set it before each epoch, or every epoch has the same sound

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Item:
        samples, target = self._items[index]
        seed = (self._seed, self.epoch, index % len(self))
        if isinstance(target, Labels):
            changed: Item = self._augment(samples, self._sample_rate, target, seed=seed)
            return changed
        return self._augment(samples, self._sample_rate, seed=seed), target


class AugmentingCollate:
    """Makes a batch of items (sound, target), each followed by silence up to the longest, and changes it on a device.

    Gives the sound [batch, channels, frames] and the targets: `Labels` of the batch, or what torch makes of others.
    A process of a DataLoader draws from a stream of its own; to work on a GPU, leave num_workers at 0.
    """

    def __init__(self, augment: Compose, sample_rate: int, *, seed: int, device: str | torch.device = "cpu") -> None:
        self._augment = augment
        self._sample_rate = sample_rate
        self._seed = seed
        self._device = device
        self._rng: np.random.Generator | None = None

    def __call__(self, items: Sequence[Item]) -> Item:
        if self._rng is None:
            worker = get_worker_info()
            self._rng = np.random.default_rng((self._seed, 0 if worker is None else worker.seed))
        sounds = [_with_channels(torch.as_tensor(samples).float()) for samples, _ in items]
        longest = max(sound.shape[-1] for sound in sounds)
        x = torch.stack([torch.nn.functional.pad(sound, (0, longest - sound.shape[-1])) for sound in sounds]).to(
            self._device
        )
        targets = [target for _, target in items]
        if all(isinstance(target, Labels) for target in targets):
            changed: Item = self._augment(x, self._sample_rate, join(targets), seed=self._rng)
            return changed
        return self._augment(x, self._sample_rate, seed=self._rng), default_collate(targets)


def _with_channels(sound: Tensor) -> Tensor:
    return sound if sound.ndim > 1 else sound[None]
