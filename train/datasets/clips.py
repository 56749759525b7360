"""Labelled mixes one at a time, with their effects, as numbers: for what takes whole clips instead of batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.labels import Labels
from mp3tomidi.augment.mixing.mixer import Mixer

_CLIP_SEED, _CHAIN_SEED = 1, 2


def finished_clips(
    mixer: Mixer, chain: Chain, *, count: int, seed: int
) -> Iterator[tuple[NDArray[np.float32], Labels]]:
    """Sound [samples] and labels of `count` mixes; number i of a seed is always the same."""
    for clip in range(count):
        dry, labels = mixer.clip(np.random.default_rng([seed, _CLIP_SEED, clip]))
        drawn = chain.draw(np.random.default_rng([seed, _CHAIN_SEED, clip]), 1)
        sound = chain.sound(torch.from_numpy(dry)[None, None], drawn)[0, 0].numpy()
        yield sound, chain.labels(labels, drawn)
