"""A look-ahead limiter: the whole is turned up, and what would exceed the former peak is turned down in time.

The gain is decided for every millisecond from its own peak, falls along a straight line during the millisecond
before, and recovers by a constant number of dB a second. Between the points where it is decided it never lies
above what either side allows, so no sample exceeds the peak, and nothing is delayed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, from_db, log_uniform, per_clip, rms
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span

MAX_DRIVE_DB = 14.0  # of a lone drum: what would sound pumped even on a loud master
FRAME_S = 0.001


@dataclass(frozen=True)
class LimiterRanges(Ranges):
    # old masters leave 17 dB between RMS and peak, those of the loudness war 7
    loudness_db: Annotated[Span, Limits(-40.0, -3.0)] = (-17.0, -7.0)
    release_db_per_s: Annotated[Span, Limits(1.0, 5000.0)] = (60.0, 600.0)


@dataclass(frozen=True)
class LimiterParams(Params):
    loudness_db: NDArray[np.float64]  # RMS before limiting, relative to the clip's peak
    release_db_per_s: NDArray[np.float64]


class Limiter(KeepsTime):
    """Makes a clip louder and keeps its peak; all its channels share one gain. What is loud enough stays."""

    def __init__(self, sample_rate: int, ranges: LimiterRanges = LimiterRanges()) -> None:
        self.ranges = ranges
        self.frame_samples = round(FRAME_S * sample_rate)
        self.frame_s = self.frame_samples / sample_rate

    def draw(self, rng: np.random.Generator, n: int) -> LimiterParams:
        return LimiterParams(
            loudness_db=rng.uniform(*self.ranges.loudness_db, n),
            release_db_per_s=log_uniform(rng, self.ranges.release_db_per_s, n),
        )

    def sound(self, x: Tensor, params: LimiterParams) -> Tensor:
        batch, channels, samples = x.shape
        frames = -(-samples // self.frame_samples)
        padded = torch.nn.functional.pad(x, (0, frames * self.frame_samples - samples))
        blocks = padded.view(batch, channels, frames, self.frame_samples)
        peaks = blocks.abs().amax(dim=(1, 3))
        peak = peaks.amax(-1, keepdim=True).clamp_min(1e-9)
        wanted = per_clip(from_db(params.loudness_db), x)[:, 0] * peak
        drive = (wanted / rms(x)[:, 0].clamp_min(1e-9)).clamp(1.0, float(from_db(np.array(MAX_DRIVE_DB))))
        over_db = 20.0 * (drive * peaks / peak).clamp_min(1.0).log10()
        fallen_db = per_clip(params.release_db_per_s * self.frame_s, x)[:, 0] * torch.arange(frames, device=x.device)
        held_db = (over_db + fallen_db).cummax(-1).values - fallen_db
        gain = drive * 10.0 ** (-held_db / 20.0)
        edges = torch.cat([gain[:, :1], torch.minimum(gain[:, :-1], gain[:, 1:]), gain[:, -1:]], dim=-1)
        start, end = edges[:, None, :-1, None], edges[:, None, 1:, None]
        ramp = torch.arange(self.frame_samples, device=x.device) / self.frame_samples
        return (blocks * (start + (end - start) * ramp)).view(batch, channels, -1)[..., :samples]
