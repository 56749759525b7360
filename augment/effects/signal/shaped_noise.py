"""Noise made frame by frame in the frequency domain, each frequency at each time at a level of its own.

Late reverberation is made so since Moorer 1979, About This Reverberation Business.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mp3tomidi.augment.effects.signal.fourier import irfft

FRAME_SAMPLES = 256
HOP_SAMPLES = FRAME_SAMPLES // 2
BINS = HOP_SAMPLES + 1
LN_1000 = float(np.log(1000.0))  # 60 dB as a ratio of amplitudes

# of a sample of noise whose parts have variance 1: all bins but the first and the last count twice
_NOISE_RMS = (4.0 * (BINS - 2) + 2.0) ** 0.5 / FRAME_SAMPLES


def bin_frequencies_hz(sample_rate: int, device: torch.device) -> Tensor:
    """The frequencies [BINS] of a frame's levels."""
    return torch.arange(BINS, device=device) * (sample_rate / FRAME_SAMPLES)


def frame_times_s(duration_s: float, sample_rate: int, device: torch.device) -> Tensor:
    """The times [frame] of the levels of noise that lasts `duration_s`, up to a frame less."""
    frames = max(2, int(duration_s * sample_rate) // HOP_SAMPLES)
    return torch.arange(frames, device=device) * (HOP_SAMPLES / sample_rate)


def shaped_noise(amplitude: Tensor, seed: int) -> Tensor:
    """Noise [(frames - 1) * HOP_SAMPLES] whose RMS follows amplitude [frame, BINS]."""
    generator = torch.Generator(amplitude.device).manual_seed(seed)
    noise = torch.randn(*amplitude.shape, 2, generator=generator, device=amplitude.device)
    # the sine window keeps the power of independent frames constant where they overlap
    window = torch.sin(torch.pi * (torch.arange(FRAME_SAMPLES, device=amplitude.device) + 0.5) / FRAME_SAMPLES)
    pieces = irfft(torch.view_as_complex(noise) * amplitude, FRAME_SAMPLES) * (window / _NOISE_RMS)
    sound: Tensor = pieces[1:, :HOP_SAMPLES].add(pieces[:-1, HOP_SAMPLES:]).flatten()
    return sound
