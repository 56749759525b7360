"""Rooms: the direct sound, early reflections off the walls, and a tail of noise that dies away.

The direct sound keeps its place and level, so the labels stay. Every frequency of the tail decays at its own rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params
from mp3tomidi.augment.effects.convolution import convolve
from mp3tomidi.augment.effects.shaped_noise import (
    FRAME_SAMPLES,
    LN_1000,
    bin_frequencies_hz,
    frame_times_s,
    shaped_noise,
)

REFLECTIONS = 12
REFLECTION_S = (0.003, 0.060)
RT60_S = (0.1, 1.5)
LONG_RT60_S = (1.5, 3.0)
LONG_SHARE = 0.07
DIRECT_TO_REVERBERANT_DB = (-3.0, 22.0)
PRE_DELAY_S = (0.0, 0.020)
HIGH_DECAY_RATIO = (0.2, 0.9)
EARLY_SHARE = (0.1, 0.7)
HIGH_HZ = 8000.0


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

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def draw(self, rng: np.random.Generator, n: int) -> ReverbParams:
        rt60_s = np.exp(rng.uniform(np.log(RT60_S[0]), np.log(RT60_S[1]), n))
        rt60_s = np.where(rng.random(n) < LONG_SHARE, rng.uniform(*LONG_RT60_S, n), rt60_s)
        reflection_s = rng.uniform(*REFLECTION_S, (n, REFLECTIONS))
        # later reflections have travelled further; a wall may turn the sign
        reflection_gain = rng.normal(0.0, 1.0, (n, REFLECTIONS)) * REFLECTION_S[0] / reflection_s
        return ReverbParams(
            rt60_s=rt60_s,
            high_decay_ratio=rng.uniform(*HIGH_DECAY_RATIO, n),
            direct_to_reverberant_db=rng.uniform(*DIRECT_TO_REVERBERANT_DB, n),
            pre_delay_s=rng.uniform(*PRE_DELAY_S, n),
            early_share=rng.uniform(*EARLY_SHARE, n),
            reflection_s=reflection_s,
            reflection_gain=reflection_gain,
            seed=rng.integers(0, 2**62, n),
        )

    def impulse_responses(self, params: ReverbParams, device: torch.device) -> Tensor:
        """[batch, taps]: 1 at tap 0, then reflections and tail of the drawn energies."""
        rate = self.sample_rate
        longest_s = max(float(np.max(params.pre_delay_s + params.rt60_s)), REFLECTION_S[1])
        response = torch.zeros(len(params.rt60_s), int(longest_s * rate) + FRAME_SAMPLES, device=device)
        for clip in range(len(response)):
            early = torch.zeros(int(REFLECTION_S[1] * rate) + 1, device=device)
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
