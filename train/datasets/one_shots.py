"""Short sounds with one label each, as a ClipSpectrogramNet sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from mp3tomidi.augment.drums.one_shots import OneShotPool
from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.transcribe.front_end.clips import ClipFrontEnd
from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings

_TOGETHER = 64  # clips that effects change at a time


@dataclass(frozen=True)
class LabelledClips:
    """`spectrograms` [clip, view, frames, bin] as float16, and the class of each [clip]."""

    spectrograms: NDArray[np.float16]
    label: NDArray[np.int64]


def rendered_one_shots(
    pool: OneShotPool,
    chain: Chain,
    settings: ClipSpectrogramNetSettings,
    *,
    clips: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> LabelledClips:
    """Freshly drawn strokes with the chain's effects on them."""
    rng = np.random.default_rng(seed)
    front_end = ClipFrontEnd(settings)
    views = len(settings.front_end.window_samples)
    spectrograms = np.empty((clips, views, settings.clip_frames, settings.front_end.bin_count), np.float16)
    label = np.empty(clips, np.int64)
    # Longer than the clip, so that a late sample fills its clip like others.
    length = settings.clip_samples + settings.front_end.sample_rate // 10
    for first in range(0, clips, _TOGETHER):
        count = min(_TOGETHER, clips - first)
        dry = np.zeros((count, 1, length), np.float32)
        for index in range(count):
            sound, label[first + index] = pool.draw(rng)
            dry[index, 0, : len(sound)] = sound[:length]
        wet = chain.sound(torch.from_numpy(dry), chain.draw(rng, count))[:, 0].numpy()
        spectrograms[first : first + count] = [front_end(sound) for sound in wet]
        progress(first + count)
    return LabelledClips(spectrograms, label)
