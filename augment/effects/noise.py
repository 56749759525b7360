"""Stationary noise: hiss, rumble and mains hum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage, from_db, per_clip, rms
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.fourier import fast_size, irfft

FLAT_BELOW_HZ = 40.0  # else brown noise is all inaudible rumble
HUM_HARMONICS = 10
SILENCE_RMS = 1e-3  # a clip quieter than -60 dB gets the noise of a clip at -60 dB, so silence gets noise too


@dataclass(frozen=True)
class NoiseRanges(Ranges):
    signal_to_noise_db: Annotated[Span, Limits(-20.0, 120.0)] = (20.0, 70.0)
    slope_db_per_octave: Annotated[Span, Limits(-12.0, 6.0)] = (-6.0, 0.0)  # brown to white
    hum_share: Annotated[float, Limits(0.0, 1.0)] = 0.15  # of the clips


@dataclass(frozen=True)
class NoiseParams(Params):
    signal_to_noise_db: NDArray[np.float64]  # RMS of the clip over RMS of hiss and hum together
    slope_db_per_octave: NDArray[np.float64]
    hum_hz: NDArray[np.int64]  # 50 or 60, 0 = no hum
    hum_share: NDArray[np.float64]  # of the noise's power
    hum_gains: NDArray[np.float64]  # [n, HUM_HARMONICS], relative to each other
    hum_phases: NDArray[np.float64]  # [n, HUM_HARMONICS], radians
    seed: NDArray[np.int64]  # of the hiss


class Noise(KeepsTime):
    """Stationary noise between white and brown, sometimes with hum; the same in all channels of a clip."""

    training = InTraining(Stage.RECORDER, share=0.75)

    def __init__(self, sample_rate: int, ranges: NoiseRanges = NoiseRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> NoiseParams:
        decay = rng.uniform(0.3, 1.0, (n, 1)) ** np.arange(HUM_HARMONICS)
        hums = rng.random(n) < self.ranges.hum_share
        return NoiseParams(
            signal_to_noise_db=rng.uniform(*self.ranges.signal_to_noise_db, n),
            slope_db_per_octave=rng.uniform(*self.ranges.slope_db_per_octave, n),
            hum_hz=np.where(hums, rng.choice([50, 60], n), 0),
            hum_share=np.where(hums, rng.uniform(0.1, 0.95, n), 0.0),
            hum_gains=rng.random((n, HUM_HARMONICS)) * decay + 1e-3,
            hum_phases=rng.uniform(0.0, 2.0 * np.pi, (n, HUM_HARMONICS)),
            seed=rng.integers(0, 2**62, n),
        )

    def sound(self, x: Tensor, params: NoiseParams) -> Tensor:
        samples = x.shape[-1]
        hum_share = per_clip(params.hum_share, x)
        noise = self._hiss(params, samples, x.device)[:, None] * (1.0 - hum_share).sqrt()
        hums = np.flatnonzero(params.hum_hz)
        if len(hums):
            hum = self._hum(params, hums, samples, x.device)[:, None]
            noise[torch.as_tensor(hums, device=x.device)] += hum * hum_share[hums].sqrt()
        level = rms(x).clamp_min(SILENCE_RMS) * per_clip(from_db(-params.signal_to_noise_db), x)
        return x + noise * level

    def _hiss(self, params: NoiseParams, samples: int, device: torch.device) -> Tensor:
        """[batch, time] of RMS 1."""
        size = fast_size(samples)
        noise = torch.stack(
            [
                torch.randn(size // 2 + 1, 2, generator=generator, device=device)
                for generator in (torch.Generator(device).manual_seed(int(seed)) for seed in params.seed)
            ]
        )
        frequency_hz = torch.arange(size // 2 + 1, device=device) * (self.sample_rate / size)
        octaves = (frequency_hz / FLAT_BELOW_HZ).clamp_min(1.0).log2()
        slope = torch.as_tensor((params.slope_db_per_octave / 20.0).astype(np.float32), device=device)
        gain = torch.exp(octaves * (slope[:, None] * float(np.log(10.0))))
        hiss = irfft(torch.view_as_complex(noise) * gain, size)[:, :samples]
        return hiss / hiss.square().mean(-1, keepdim=True).sqrt()

    def _hum(self, params: NoiseParams, clips: NDArray[np.int64], samples: int, device: torch.device) -> Tensor:
        """[clips, time] of RMS 1. Mains repeat after a second, so one second is made and tiled."""
        rate = self.sample_rate
        spectrum = np.zeros((len(clips), rate // 2 + 1), np.complex64)
        harmonics = params.hum_hz[clips, None] * np.arange(1, HUM_HARMONICS + 1)
        values = params.hum_gains[clips] * np.exp(1j * params.hum_phases[clips])
        np.put_along_axis(spectrum, harmonics, values.astype(np.complex64), axis=1)
        second = irfft(torch.as_tensor(spectrum, device=device), rate)
        second = second / second.square().mean(-1, keepdim=True).sqrt()
        return second.repeat(1, -(-samples // rate))[:, :samples]
