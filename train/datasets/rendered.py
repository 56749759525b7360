"""Labelled mixes rendered on the fly: batch number i of a seed is always the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mp3tomidi.augment.effects.chains.chain import Chain, Drawn
from mp3tomidi.augment.labels import Labels

Batch = TypeVar("Batch")


@dataclass
class RenderedBatch:
    """Dry mixes [clip, 1, samples], their labels, and the effects drawn for them but not yet applied."""

    sound: Tensor
    labels: Labels
    drawn: Drawn

    def finished(self, chain: Chain, device: torch.device) -> tuple[Tensor, Labels]:
        """Sound [clip, samples] and labels with the effects applied, on `device`."""
        sound = chain.sound(self.sound.to(device, non_blocking=True), self.drawn)
        return sound[:, 0], chain.labels(self.labels, self.drawn)


class Clips(Protocol):
    """What labelled sound is drawn from: a Mixer, or recordings (recorded_clips.RecordedClips)."""

    def clip(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], Labels]:
        """Sound [samples] at the network's rate and the labels of it, as those of clip 0."""
        ...


class RenderedMixes(Dataset[RenderedBatch]):
    """Item i is batch i: the same bytes for the same seed, whichever process renders it.

    share: the clips of a batch that are rendered, of `batch_clips`; None: all of them.
    """

    def __init__(
        self,
        mixer: Clips,
        chain: Chain,
        *,
        seed: int,
        batch_clips: int,
        batch_count: int,
        share: range | None = None,
    ) -> None:
        self.mixer, self.chain = mixer, chain
        self.seed, self.batch_clips, self.batch_count = seed, batch_clips, batch_count
        self.share = range(batch_clips) if share is None else share

    def __len__(self) -> int:
        return self.batch_count

    def __getitem__(self, index: int) -> RenderedBatch:
        sounds, notes, hits = [], [], []
        for place, clip in enumerate(self.share):
            sound, labels = self.mixer.clip(np.random.default_rng([self.seed, index, clip]))
            labels.notes["clip"] = place
            labels.drum_hits["clip"] = place
            sounds.append(sound)
            notes.append(labels.notes)
            hits.append(labels.drum_hits)
        # A number of its own at the end: numpy's seeds [s, i] and [s, i, 0] are the same.
        drawn = self.chain.draw(np.random.default_rng([self.seed, index, self.batch_clips]), self.batch_clips)
        return RenderedBatch(
            torch.from_numpy(np.stack(sounds))[:, None],
            Labels(np.concatenate(notes), np.concatenate(hits)),
            drawn.of_clips(self.share.start, self.share.stop),
        )


def batches_from(batches: Dataset[Batch], first: int, workers: int) -> Iterator[Batch]:
    """Batches first, first + 1, ... rendered by `workers` processes ahead of time (0: in this one)."""
    loader: DataLoader[Batch] = DataLoader(
        batches,
        batch_size=None,
        sampler=range(first, len(batches)),  # type: ignore[arg-type]  # all of ours have a length
        num_workers=workers,
        prefetch_factor=4 if workers else None,
    )
    return iter(loader)
