"""Rooms: the direct sound, early reflections off the walls, and a tail of noise that dies away.

The direct sound keeps its place and level, so the labels stay. The tail is noise made frame by frame in the
frequency domain, so that every frequency can decay at its own rate (noise as a tail: Moorer 1979, About This
Reverberation Business).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params
from mp3tomidi.augment.effects.convolution import convolve
from mp3tomidi.augment.effects.fourier import irfft

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
FRAME_SAMPLES = 256
HOP_SAMPLES = FRAME_SAMPLES // 2
LN_1000 = float(np.log(1000.0))  # 60 dB as a ratio of amplitudes


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
        rate = self.sample_rate
        frames = max(2, int(params.rt60_s[clip] * rate) // HOP_SAMPLES)
        bins = FRAME_SAMPLES // 2 + 1
        generator = torch.Generator(device).manual_seed(int(params.seed[clip]))
        noise = torch.randn(frames, bins, 2, generator=generator, device=device)
        # absorption (of air and of walls) grows with frequency, and rates of decay add
        share = torch.linspace(0.0, rate / 2.0 / HIGH_HZ, bins, device=device)
        loss_per_s = LN_1000 / params.rt60_s[clip] * (1.0 + share * (1.0 / params.high_decay_ratio[clip] - 1.0))
        time_s = torch.arange(frames, device=device)[:, None] * (HOP_SAMPLES / rate)
        spectrum = torch.view_as_complex(noise) * torch.exp(-time_s * loss_per_s)
        # the sine window keeps the power of independent frames constant where they overlap
        window = torch.sin(torch.pi * (torch.arange(FRAME_SAMPLES, device=device) + 0.5) / FRAME_SAMPLES)
        pieces = irfft(spectrum, FRAME_SAMPLES) * window
        return pieces[1:, :HOP_SAMPLES].add(pieces[:-1, HOP_SAMPLES:]).flatten()

    def sound(self, x: Tensor, params: ReverbParams) -> Tensor:
        return convolve(x, self.impulse_responses(params, x.device))
