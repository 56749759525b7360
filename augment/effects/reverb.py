"""Rooms: the direct sound, early reflections off the walls, and a tail of noise that dies away.

The direct sound keeps its place and level, so the labels stay. Every frequency of the tail decays at its own rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage, log_uniform
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.convolution import convolve
from mp3tomidi.augment.effects.signal.shaped_noise import (
    FRAME_SAMPLES,
    LN_1000,
    bin_frequencies_hz,
    frame_times_s,
    shaped_noise,
)

REFLECTIONS = 12
HIGH_HZ = 8000.0


@dataclass(frozen=True)
class ReverbRanges(Ranges):
    rt60_s: Annotated[Span, Limits(0.02, 20.0)] = (0.1, 1.5)
    long_rt60_s: Annotated[Span, Limits(0.02, 20.0)] = (1.5, 3.0)  # of halls
    long_share: Annotated[float, Limits(0.0, 1.0)] = 0.07  # of the clips: in a hall
    direct_to_reverberant_db: Annotated[Span, Limits(-20.0, 60.0)] = (-3.0, 22.0)
    pre_delay_s: Annotated[Span, Limits(0.0, 0.2)] = (0.0, 0.020)
    high_decay_ratio: Annotated[Span, Limits(0.05, 1.0)] = (0.2, 0.9)
    early_share: Annotated[Span, Limits(0.0, 1.0)] = (0.1, 0.7)
    reflection_s: Annotated[Span, Limits(0.001, 0.2)] = (0.003, 0.060)


@dataclass(frozen=True)
class ReverbParams(Params):
    rt60_s: NDArray[np.float64]  # at low frequencies
    high_decay_ratio: NDArray[np.float64]  # rt60 at 8 kHz over rt60 at low frequencies
    direct_to_reverberant_db: NDArray[np.float64]
    pre_delay_s: NDArray[np.float64]  # from the direct sound to the start of the tail
    early_share: NDArray[np.float64]  # of the reverberant energy, in the reflections
    reflection_s: NDArray[np.float64]  # [n, REFLECTIONS]
    reflection_gain: NDArray[np.float64]  # [n, REFLECTIONS], relative to each other
    seed: NDArray[np.int64]  # of the tail's noise


class Reverb(KeepsTime):
    """Synthetic rooms, from a dry booth to a hall."""

    training = InTraining(Stage.ROOM, share=0.65)

    def __init__(self, sample_rate: int, ranges: ReverbRanges = ReverbRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> ReverbParams:
        ranges = self.ranges
        rt60_s = log_uniform(rng, ranges.rt60_s, n)
        rt60_s = np.where(rng.random(n) < ranges.long_share, rng.uniform(*ranges.long_rt60_s, n), rt60_s)
        reflection_s = rng.uniform(*ranges.reflection_s, (n, REFLECTIONS))
        # later reflections have travelled further; a wall may turn the sign
        reflection_gain = rng.normal(0.0, 1.0, (n, REFLECTIONS)) * ranges.reflection_s[0] / reflection_s
        return ReverbParams(
            rt60_s=rt60_s,
            high_decay_ratio=rng.uniform(*ranges.high_decay_ratio, n),
            direct_to_reverberant_db=rng.uniform(*ranges.direct_to_reverberant_db, n),
            pre_delay_s=rng.uniform(*ranges.pre_delay_s, n),
            early_share=rng.uniform(*ranges.early_share, n),
            reflection_s=reflection_s,
            reflection_gain=reflection_gain,
            seed=rng.integers(0, 2**62, n),
        )

    def impulse_responses(self, params: ReverbParams, device: torch.device) -> Tensor:
        """[batch, taps]: 1 at tap 0, then reflections and tail of the drawn energies."""
        rate = self.sample_rate
        last_reflection_s = self.ranges.reflection_s[1]
        longest_s = max(float(np.max(params.pre_delay_s + params.rt60_s)), last_reflection_s)
        response = torch.zeros(len(params.rt60_s), int(longest_s * rate) + FRAME_SAMPLES, device=device)
        for clip in range(len(response)):
            early = torch.zeros(int(last_reflection_s * rate) + 1, device=device)
            taps = torch.as_tensor((params.reflection_s[clip] * rate).astype(np.int64), device=device)
            gains = torch.as_tensor(params.reflection_gain[clip].astype(np.float32), device=device)
            early.index_add_(0, taps, gains)
            tail = self._tail(params, clip, device)
            share = float(params.early_share[clip])
            response[clip, : len(early)] += early * (share / early.square().sum().clamp_min(1e-12)).sqrt()
            start = int(params.pre_delay_s[clip] * rate)
            tail = tail * ((1.0 - share) / tail.square().sum().clamp_min(1e-12)).sqrt()
            response[clip, start : start + len(tail)] += tail
        energy = torch.as_tensor(10.0 ** (-params.direct_to_reverberant_db / 10.0), device=device).float()
        response *= (energy / response.square().sum(-1).clamp_min(1e-12)).sqrt()[:, None]
        response[:, 0] += 1.0
        return response

    def _tail(self, params: ReverbParams, clip: int, device: torch.device) -> Tensor:
        rt60_s = float(params.rt60_s[clip])
        # absorption (of air and of walls) grows with frequency, and rates of decay add
        share = bin_frequencies_hz(self.sample_rate, device) / HIGH_HZ
        loss_per_s = LN_1000 / rt60_s * (1.0 + share * (1.0 / params.high_decay_ratio[clip] - 1.0))
        time_s = frame_times_s(rt60_s, self.sample_rate, device)
        return shaped_noise(torch.exp(-time_s[:, None] * loss_per_s), int(params.seed[clip]))

    def sound(self, x: Tensor, params: ReverbParams) -> Tensor:
        return convolve(x, self.impulse_responses(params, x.device))
