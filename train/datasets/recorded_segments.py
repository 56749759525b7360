"""Segments cut at random from labelled recordings, with effects if wanted: what teaches a classifier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.transcribe.classify.segments import Segment, cut, silent_segments

_DRAWS = 4  # of a segment that is not silent, before a silent one is taken


class RecordedSegments:
    """Batches of random segments; a batch's index and the seed decide what is in it.

    `sounds` [samples] at the task's rate, `targets` [recording, class]. In an epoch each recording gives
    `per_recording` segments, in random order. Sound shorter than a segment is filled up with silence.
    """

    def __init__(
        self,
        sounds: Sequence[NDArray[np.float16]],
        targets: NDArray[np.float32],
        chain: Chain | None,
        *,
        segment_samples: int,
        per_recording: int,
        batch_segments: int,
        seed: int,
    ) -> None:
        self.sounds, self.targets, self.chain = sounds, targets, chain
        self.segment_samples, self.per_recording = segment_samples, per_recording
        self.batch_segments, self.seed = batch_segments, seed

    @property
    def epoch_batches(self) -> int:
        return -(-len(self.sounds) * self.per_recording // self.batch_segments)

    def batch(self, index: int) -> tuple[Tensor, Tensor]:
        """Sound [segment, samples] and targets [segment, class]."""
        epoch, place = divmod(index, self.epoch_batches)
        order = np.random.default_rng([self.seed, 1, epoch]).permutation(len(self.sounds) * self.per_recording)
        rows = order[place * self.batch_segments :][: self.batch_segments] % len(self.sounds)
        rng = np.random.default_rng([self.seed, 2, index])
        sound = torch.from_numpy(np.stack([self._draw(self.sounds[row], rng) for row in rows]))
        if self.chain is not None:
            sound = self.chain.sound(sound[:, None], self.chain.draw(rng, len(rows)))[:, 0]
        return sound, torch.from_numpy(self.targets[rows])

    def _draw(self, sound: NDArray[np.float16], rng: np.random.Generator) -> NDArray[np.float32]:
        segment = np.zeros(self.segment_samples, np.float32)
        for _ in range(_DRAWS):
            first = int(rng.integers(max(1, len(sound) - self.segment_samples + 1)))
            part = sound[first : first + self.segment_samples].astype(np.float32)
            segment[: len(part)] = part
            if not silent_segments([Segment(0, len(part), part).level_db])[0]:
                break
        return segment


def batches_in_order(
    sounds: Sequence[NDArray[np.float16]],
    targets: NDArray[np.float32],
    segment_samples: int,
    batch_segments: int,
) -> Iterator[tuple[Tensor, Tensor]]:
    """All segments of recordings that are not silent, cut one after the other: what the loss is measured on."""
    segments_sound: list[NDArray[np.float32]] = []
    wanted: list[NDArray[np.float32]] = []
    for sound, target in zip(sounds, targets, strict=True):
        segments = list(cut([sound.astype(np.float32)], segment_samples, segment_samples))
        silent = silent_segments([segment.level_db for segment in segments])
        for segment in (segment for segment, is_silent in zip(segments, silent, strict=True) if not is_silent):
            segments_sound.append(segment.sound)
            wanted.append(target)
            if len(segments_sound) == batch_segments:
                yield torch.from_numpy(np.stack(segments_sound)), torch.from_numpy(np.stack(wanted))
                segments_sound, wanted = [], []
    if segments_sound:
        yield torch.from_numpy(np.stack(segments_sound)), torch.from_numpy(np.stack(wanted))
