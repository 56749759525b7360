"""Chorus: copies of the sound whose delay wanders, under the sound itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, per_clip
from mp3tomidi.augment.effects.interpolation import linear

MAX_VOICES = 3
DELAY_S = (0.008, 0.025)
DEPTH_S = (0.001, 0.004)
RATE_HZ = (0.2, 1.5)
WET = (0.2, 0.8)  # all voices together, of the dry amplitude: the direct sound stays the loudest


@dataclass(frozen=True)
class ChorusParams(Params):
    voices: NDArray[np.int64]
    wet: NDArray[np.float64]  # amplitude of all voices together relative to the dry sound
    delay_s: NDArray[np.float64]  # [n, MAX_VOICES], mean of the delay
    depth_s: NDArray[np.float64]  # [n, MAX_VOICES], largest deviation from the mean
    rate_hz: NDArray[np.float64]  # [n, MAX_VOICES]
    phase: NDArray[np.float64]  # [n, MAX_VOICES], radians


class Chorus(KeepsTime):
    """One to three voices; the dry sound stays where it is."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def draw(self, rng: np.random.Generator, n: int) -> ChorusParams:
        size = (n, MAX_VOICES)
        return ChorusParams(
            voices=rng.integers(1, MAX_VOICES + 1, n),
            wet=rng.uniform(*WET, n),
            delay_s=rng.uniform(*DELAY_S, size),
            depth_s=rng.uniform(*DEPTH_S, size),
            rate_hz=rng.uniform(*RATE_HZ, size),
            phase=rng.uniform(0.0, 2.0 * np.pi, size),
        )

    def sound(self, x: Tensor, params: ChorusParams) -> Tensor:
        y = x.clone()
        sample = torch.arange(x.shape[-1], device=x.device, dtype=torch.float32)
        for voice in range(int(params.voices.max(initial=0))):
            clips = np.flatnonzero(params.voices > voice)
            phase, turn, delay, depth = (
                per_clip(values[clips], x)[:, 0]
                for values in (
                    params.phase[:, voice],
                    2.0 * np.pi * params.rate_hz[:, voice] / self.sample_rate,
                    params.delay_s[:, voice] * self.sample_rate,
                    params.depth_s[:, voice] * self.sample_rate,
                )
            )
            position = sample - (delay + depth * torch.sin(sample * turn + phase))
            gain = per_clip(params.wet[clips] / params.voices[clips], x)
            where = torch.as_tensor(clips, device=x.device)
            y[where] += linear(x[where], position) * gain
        return y
