"""Noise from files: what was recorded in streets, kitchens and halls, under the sound at a drawn level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, from_db, per_clip, rms
from mp3tomidi.augment.effects.noise import SILENCE_RMS
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.sound_folder import SoundFolder


@dataclass(frozen=True)
class NoiseFilesRanges(Ranges):
    folder: str = ""  # of the noises, searched with its sub-folders
    signal_to_noise_db: Annotated[Span, Limits(-20.0, 120.0)] = (8.0, 40.0)


@dataclass(frozen=True)
class NoiseFilesParams(Params):
    file: NDArray[np.str_]
    sha256: NDArray[np.str_]
    signal_to_noise_db: NDArray[np.float64]  # RMS of the clip over RMS of the noise
    start: NDArray[np.float64]  # where the noise begins, as a share of its length; it goes round


class NoiseFiles(KeepsTime):
    """A piece of a drawn file, repeated if it is too short; the same in all channels of a clip."""

    def __init__(self, sample_rate: int, ranges: NoiseFilesRanges = NoiseFilesRanges()) -> None:
        self.ranges = ranges
        self._noises = SoundFolder(ranges.folder, sample_rate, "noise_files")

    def draw(self, rng: np.random.Generator, n: int) -> NoiseFilesParams:
        file, sha256 = self._noises.draw(rng, n)
        return NoiseFilesParams(file, sha256, rng.uniform(*self.ranges.signal_to_noise_db, n), rng.random(n))

    def sound(self, x: Tensor, params: NoiseFilesParams) -> Tensor:
        noise = torch.stack(
            [
                torch.from_numpy(_piece(self._noises.sound(str(file), str(sha256)), float(start), x.shape[-1]))
                for file, sha256, start in zip(params.file, params.sha256, params.start, strict=True)
            ]
        ).to(x.device)[:, None]
        level = rms(x).clamp_min(SILENCE_RMS) * per_clip(from_db(-params.signal_to_noise_db), x)
        return x + noise * (level / rms(noise).clamp_min(1e-9))


def _piece(noise: NDArray[np.float32], start: float, samples: int) -> NDArray[np.float32]:
    first = int(start * len(noise))
    return np.take(noise, np.arange(first, first + samples), mode="wrap")
