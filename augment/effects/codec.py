"""A lossy codec at a low bit rate: band limit, coarse steps within each band, holes where a band is quiet.

Not a codec but what one leaves in the sound (Brandenburg 1999, MP3 and AAC explained), on windows about as
long as those of mp3, without a codec's delay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.fourier import irfft, rfft

WINDOW_S = 0.032
PRE_ECHO_CONTROL = 2.0  # how much coarser than in the window before a step may be (ISO 11172-3, annex D)
BANDS = 20
BAND_EDGE_MAX_HZ = 8000.0


@dataclass(frozen=True)
class CodecRanges(Ranges):
    cutoff_hz: Annotated[Span, Limits(1000.0, 24_000.0)] = (3400.0, 7500.0)
    signal_to_noise_db: Annotated[Span, Limits(0.0, 60.0)] = (10.0, 24.0)  # within a band that is coded
    hole_db: Annotated[Span, Limits(10.0, 120.0)] = (30.0, 55.0)  # under the loudest band of a window: dropped


@dataclass(frozen=True)
class CodecParams(Params):
    cutoff_hz: NDArray[np.float64]
    signal_to_noise_db: NDArray[np.float64]  # within a band that is coded
    hole_db: NDArray[np.float64]  # what lies this far under the loudest band of its window is dropped


class Codec(KeepsTime):
    """Short-time Fourier transform, each part rounded to a step that follows its band's level, and back."""

    training = InTraining(Stage.FILE, share=0.25)

    def __init__(self, sample_rate: int, ranges: CodecRanges = CodecRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges
        self.window_samples = 2 * round(WINDOW_S * sample_rate / 2.0)
        self.band_of_bin = _band_of_bin(sample_rate, self.window_samples)

    def draw(self, rng: np.random.Generator, n: int) -> CodecParams:
        return CodecParams(
            cutoff_hz=rng.uniform(*self.ranges.cutoff_hz, n),
            signal_to_noise_db=rng.uniform(*self.ranges.signal_to_noise_db, n),
            hole_db=rng.uniform(*self.ranges.hole_db, n),
        )

    def sound(self, x: Tensor, params: CodecParams) -> Tensor:
        batch, channels, samples = x.shape
        size, hop = self.window_samples, self.window_samples // 2
        window = torch.sin(torch.pi * (torch.arange(size, device=x.device) + 0.5) / size)
        halves = -(-samples // hop) + 2
        padded = torch.nn.functional.pad(x, (hop, (halves - 1) * hop - samples))
        spectrum = rfft(padded.unfold(-1, size, hop) * window, size)
        pieces = irfft(self._quantise(spectrum, params), size) * window
        y = pieces[..., 1:, :hop] + pieces[..., :-1, hop:]
        return y.reshape(batch, channels, -1)[..., :samples]

    def _quantise(self, spectrum: Tensor, params: CodecParams) -> Tensor:
        """[batch, channel, frame, bin] rounded, above the cutoff zero."""
        device = spectrum.device
        parts = torch.view_as_real(spectrum)
        bands = torch.as_tensor(self.band_of_bin, device=device)
        members = torch.nn.functional.one_hot(bands).float()
        level = (parts.square().mean(-1) @ (members / members.sum(0))).sqrt()  # RMS of a part, per band
        # steps follow a rising level late, as encoders do it, or noise would sound before each onset
        before = torch.nn.functional.pad(level[..., :-1, :], (0, 0, 1, 0))
        masking_level = torch.minimum(level, PRE_ECHO_CONTROL * before)
        # rounding leaves the error step^2 / 12, of which the overlap of two windows averages half away
        step = masking_level * _per_frame((24.0**0.5) * 10.0 ** (-params.signal_to_noise_db / 20.0), device)
        hole = level.amax(-1, keepdim=True) * _per_frame(10.0 ** (-params.hole_db / 20.0), device)
        step = torch.maximum(step, 2.0 * hole).clamp_min(1e-12)[..., bands, None]
        frequency_hz = torch.arange(spectrum.shape[-1], device=device) * (self.sample_rate / self.window_samples)
        passed = frequency_hz <= _per_frame(params.cutoff_hz, device)
        return torch.view_as_complex((parts / step).round_() * (step * passed[..., None]))


def _per_frame(values: NDArray[np.float64], device: torch.device) -> Tensor:
    """One number a clip, [batch, 1, 1, 1]."""
    return torch.as_tensor(values.astype(np.float32), device=device)[:, None, None, None]


def _band_of_bin(sample_rate: int, window_samples: int) -> NDArray[np.int64]:
    """The band of each bin [bin], the bands about a critical band wide, none of them empty."""
    hz = np.arange(window_samples // 2 + 1) * sample_rate / window_samples
    bark = 26.81 * hz / (1960.0 + hz)  # Traunmüller 1990
    top = 26.81 * BAND_EDGE_MAX_HZ / (1960.0 + BAND_EDGE_MAX_HZ)
    bands = np.minimum((bark / top * BANDS).astype(np.int64), BANDS - 1)
    return np.unique(bands, return_inverse=True)[1].astype(np.int64)
