"""Convolution of a batch by FFT, and filters of a wanted magnitude that do not ring before an onset."""

from __future__ import annotations

import torch
from torch import Tensor

from mp3tomidi.augment.effects.fourier import fast_size, irfft, rfft

FIR_SAMPLES = 8192  # half a second at 16 kHz: a high-pass of fourth order at 40 Hz is right to 0.1 dB
FLOOR = 1e-6  # -120 dB: the logarithm of a magnitude needs a lower bound


def convolve(x: Tensor, kernel: Tensor) -> Tensor:
    """x [batch, channel, time] with one causal kernel [batch, taps] a clip; the tail past `time` is cut."""
    samples = x.shape[-1]
    size = fast_size(samples + kernel.shape[-1] - 1)
    product = rfft(x, size) * rfft(kernel, size)[:, None]
    return irfft(product, size)[..., :samples]


def fir_frequencies_hz(sample_rate: int, device: torch.device) -> Tensor:
    """The frequencies [FIR_SAMPLES / 2 + 1] of the magnitude of a filter of FIR_SAMPLES."""
    return torch.arange(FIR_SAMPLES // 2 + 1, device=device) * (sample_rate / FIR_SAMPLES)


def minimum_phase_fir(magnitude: Tensor) -> Tensor:
    """The causal filter [batch, taps] of least delay with a magnitude [batch, taps / 2 + 1].

    Folded cepstrum (Oppenheim and Schafer, Discrete-Time Signal Processing, chapter 13): zero phase would put
    half of the ringing before each onset, linear phase would delay all of them.
    """
    taps = 2 * (magnitude.shape[-1] - 1)
    cepstrum = irfft(magnitude.clamp_min(FLOOR).log(), taps)
    half = taps // 2
    cepstrum[..., 1:half] *= 2.0
    cepstrum[..., half + 1 :] = 0.0
    return irfft(rfft(cepstrum, taps).exp(), taps)
