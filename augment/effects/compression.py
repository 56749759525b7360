"""A compressor: loud passages are turned down, so that soft ones come nearer.

Feed-forward, with the decoupled peak detector of Giannoulis, Massberg and Reiss (Digital Dynamic Range
Compressor Design, 2012), its release a constant number of dB a second: a straight line falling from a
running maximum, which a cumulative maximum computes for the whole clip at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage, log_uniform, per_clip
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.convolution import convolve

FRAME_S = 0.0025  # level and gain are computed at this step and interpolated
ATTACKS_KEPT = 6.0  # length of the attack's exponential, in time constants


@dataclass(frozen=True)
class CompressionRanges(Ranges):
    threshold_db: Annotated[Span, Limits(-80.0, 0.0)] = (-30.0, -6.0)  # relative to the clip's peak
    ratio: Annotated[Span, Limits(1.0, 100.0)] = (1.5, 8.0)
    attack_s: Annotated[Span, Limits(0.0005, 1.0)] = (0.002, 0.040)
    release_db_per_s: Annotated[Span, Limits(0.1, 2000.0)] = (15.0, 200.0)


@dataclass(frozen=True)
class CompressionParams(Params):
    threshold_db: NDArray[np.float64]  # relative to the clip's peak
    ratio: NDArray[np.float64]  # dB in over dB out above the threshold
    attack_s: NDArray[np.float64]  # time constant
    release_db_per_s: NDArray[np.float64]  # how fast the measured level falls


class Compression(KeepsTime):
    """All channels of a clip share one gain. The gain at a time depends on earlier sound only."""

    training = InTraining(Stage.STUDIO, share=0.2, place=4)

    def __init__(self, sample_rate: int, ranges: CompressionRanges = CompressionRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges
        self.frame_samples = round(FRAME_S * sample_rate)
        self.frame_s = self.frame_samples / sample_rate
        self.attack_frames = int(ATTACKS_KEPT * ranges.attack_s[1] / self.frame_s)

    def draw(self, rng: np.random.Generator, n: int) -> CompressionParams:
        return CompressionParams(
            threshold_db=rng.uniform(*self.ranges.threshold_db, n),
            ratio=log_uniform(rng, self.ranges.ratio, n),
            attack_s=log_uniform(rng, self.ranges.attack_s, n),
            release_db_per_s=log_uniform(rng, self.ranges.release_db_per_s, n),
        )

    def sound(self, x: Tensor, params: CompressionParams) -> Tensor:
        batch, channels, samples = x.shape
        frames = -(-samples // self.frame_samples)
        padded = torch.nn.functional.pad(x, (0, frames * self.frame_samples - samples))
        blocks = padded.view(batch, channels, frames, self.frame_samples)
        gain_db = self._gain_db(self._with_past(blocks.abs().amax(dim=(1, 3)), params), params)[:, -2 - frames :]
        # a frame is known when it is over: during frame k the gain goes from that of k - 2 to that of k - 1
        known = 10.0 ** (gain_db / 20.0)
        start, end = known[:, None, :-2, None], known[:, None, 1:-1, None]
        ramp = torch.arange(self.frame_samples, device=x.device) / self.frame_samples
        return (blocks * (start + (end - start) * ramp)).view(batch, channels, -1)[..., :samples]

    def _with_past(self, peaks: Tensor, params: CompressionParams) -> Tensor:
        """The peaks [batch, frame] with two frames or more put before them; here, of silence."""
        del params
        return torch.nn.functional.pad(peaks, (2, 0))

    def _gain_db(self, peaks: Tensor, params: CompressionParams) -> Tensor:
        """Gains [batch, frame], never above 0 dB, from the peaks [batch, frame] of the frames."""
        level_db = 20.0 * (peaks / peaks.amax(-1, keepdim=True).clamp_min(1e-9)).clamp_min(1e-5).log10()
        frame = torch.arange(peaks.shape[-1], device=peaks.device)
        fallen_db = per_clip(params.release_db_per_s * self.frame_s, peaks)[:, 0] * frame
        held_db = (level_db + fallen_db).cummax(-1).values - fallen_db
        over_db = (held_db - per_clip(params.threshold_db, peaks)[:, 0]).clamp_min(0.0)
        wanted_db = over_db * per_clip(1.0 / params.ratio - 1.0, peaks)[:, 0]
        taps = self.attack_frames + 1  # the same for all batches, or a clip would depend on the others
        kernel = torch.exp(-frame[:taps] * per_clip(self.frame_s / params.attack_s, peaks)[:, 0])
        kernel = kernel / kernel.sum(-1, keepdim=True)
        return convolve(wanted_db[:, None], kernel)[:, 0]
