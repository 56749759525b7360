"""Overdriven stages: what exceeds them is bent or cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage, from_db, per_clip, rms
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.fourier import fast_size, irfft, rfft

TANH, SOFT, HARD = range(3)
OVERSAMPLING = 2  # harmonics past half the sampling rate would fold back as tones of no pitch


@dataclass(frozen=True)
class DistortionRanges(Ranges):
    drive_db: Annotated[Span, Limits(0.0, 60.0)] = (0.0, 24.0)


@dataclass(frozen=True)
class DistortionParams(Params):
    shape: NDArray[np.int64]  # TANH, SOFT (x / (1 + |x|)) or HARD (cut at 1)
    drive_db: NDArray[np.float64]  # how far the clip's peak exceeds 1 before the bend


class Distortion(KeepsTime):
    """A memoryless curve on the clip scaled to peak at the drive, then brought back to its former RMS."""

    training = InTraining(Stage.STUDIO, share=0.07, place=3)

    def __init__(self, ranges: DistortionRanges = DistortionRanges()) -> None:
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> DistortionParams:
        return DistortionParams(shape=rng.integers(0, 3, n), drive_db=rng.uniform(*self.ranges.drive_db, n))

    def sound(self, x: Tensor, params: DistortionParams) -> Tensor:
        samples = x.shape[-1]
        size = fast_size(samples)
        peak = x.abs().amax(dim=(-2, -1), keepdim=True).clamp_min(1e-9)
        driven = x * (per_clip(from_db(params.drive_db), x) / peak)
        fine = irfft(rfft(driven, size) * OVERSAMPLING, size * OVERSAMPLING)
        bent = torch.empty_like(fine)
        for shape, curve in ((TANH, torch.tanh), (SOFT, _soft), (HARD, _hard)):
            clips = torch.as_tensor(np.flatnonzero(params.shape == shape), device=x.device)
            if len(clips):
                bent[clips] = curve(fine[clips])
        spectrum = rfft(bent, size * OVERSAMPLING)[..., : size // 2 + 1] / OVERSAMPLING
        y = irfft(spectrum, size)[..., :samples]
        return y * (rms(x) / rms(y).clamp_min(1e-9))


def _soft(x: Tensor) -> Tensor:
    return x / (1.0 + x.abs())


def _hard(x: Tensor) -> Tensor:
    return x.clamp(-1.0, 1.0)
