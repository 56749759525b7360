"""Real Fourier transforms over time, of sizes that are fast."""

from __future__ import annotations

import torch
from scipy.fft import next_fast_len
from torch import Tensor


def fast_size(samples: int) -> int:
    """The next size whose prime factors are 2, 3 and 5."""
    return int(next_fast_len(samples, real=True))


def rfft(x: Tensor, size: int) -> Tensor:
    """Spectrum [..., size // 2 + 1] of x [..., time], cut or padded with zeros to `size`."""
    spectrum: Tensor = torch.fft.rfft(x, size)
    return spectrum


def irfft(spectrum: Tensor, size: int) -> Tensor:
    """[..., size]; a spectrum with too few bins is taken as zero above them."""
    x: Tensor = torch.fft.irfft(spectrum, size)
    return x
