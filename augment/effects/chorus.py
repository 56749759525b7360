"""Chorus: copies of the sound whose delay wanders, under the sound itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage, per_clip
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span, WholeSpan
from mp3tomidi.augment.effects.signal.interpolation import linear


@dataclass(frozen=True)
class ChorusRanges(Ranges):
    voices: Annotated[WholeSpan, Limits(1, 8)] = (1, 3)
    delay_s: Annotated[Span, Limits(0.005, 0.1)] = (0.008, 0.025)
    depth_s: Annotated[Span, Limits(0.0, 0.005)] = (0.001, 0.004)  # no delay ever becomes negative
    rate_hz: Annotated[Span, Limits(0.01, 10.0)] = (0.2, 1.5)
    wet: Annotated[Span, Limits(0.0, 0.95)] = (0.2, 0.8)  # all voices together; the direct sound stays the loudest


@dataclass(frozen=True)
class ChorusParams(Params):
    voices: NDArray[np.int64]
    wet: NDArray[np.float64]  # amplitude of all voices together relative to the dry sound
    delay_s: NDArray[np.float64]  # [n, most voices], mean of the delay
    depth_s: NDArray[np.float64]  # [n, most voices], largest deviation from the mean
    rate_hz: NDArray[np.float64]  # [n, most voices]
    phase: NDArray[np.float64]  # [n, most voices], radians


class Chorus(KeepsTime):
    """One to three voices; the dry sound stays where it is."""

    training = InTraining(Stage.STUDIO, share=0.1, place=5)

    def __init__(self, sample_rate: int, ranges: ChorusRanges = ChorusRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> ChorusParams:
        ranges = self.ranges
        fewest, most = ranges.voices
        size = (n, most)
        return ChorusParams(
            voices=rng.integers(fewest, most + 1, n),
            wet=rng.uniform(*ranges.wet, n),
            delay_s=rng.uniform(*ranges.delay_s, size),
            depth_s=rng.uniform(*ranges.depth_s, size),
            rate_hz=rng.uniform(*ranges.rate_hz, size),
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
