"""Convolution of a batch by FFT, and filters of a wanted magnitude that do not ring before an onset."""

from __future__ import annotations

import torch
from torch import Tensor

from mp3tomidi.augment.effects.signal.fourier import fast_size, irfft, rfft

FIR_SAMPLES = 8192  # half a second at 16 kHz: a high-pass of fourth order at 40 Hz is right to 0.1 dB
# Above this blocks are three times as fast as one transform. The clips of training are shorter, and keep their bits.
BLOCKS_FROM_SAMPLES = 200_000
BLOCK_SAMPLES = 16_384
FLOOR = 1e-6  # -120 dB: the logarithm of a magnitude needs a lower bound


def convolve(x: Tensor, kernel: Tensor) -> Tensor:
    """x [batch, channel, time] with one causal kernel [batch, taps] a clip; the tail past `time` is cut."""
    samples = x.shape[-1]
    if samples >= BLOCKS_FROM_SAMPLES and kernel.shape[-1] * 4 <= samples:
        return _convolve_in_blocks(x, kernel)
    size = fast_size(samples + kernel.shape[-1] - 1)
    product = rfft(x, size) * rfft(kernel, size)[:, None]
    return irfft(product, size)[..., :samples]


def _convolve_in_blocks(x: Tensor, kernel: Tensor) -> Tensor:
    """The same by partitioned overlap-save (Gardner 1995): transforms that stay in the cache, each done once."""
    samples, taps = x.shape[-1], kernel.shape[-1]
    hop = BLOCK_SAMPLES // 2
    blocks, parts = -(-samples // hop), -(-taps // hop)
    padded = torch.nn.functional.pad(x, (hop, blocks * hop - samples))
    spectra = rfft(padded.unfold(-1, BLOCK_SAMPLES, hop), BLOCK_SAMPLES)  # [batch, channel, block, bin]
    pieces = torch.nn.functional.pad(kernel, (0, parts * hop - taps)).view(len(kernel), 1, parts, hop)
    responses = rfft(pieces, BLOCK_SAMPLES)
    product = spectra * responses[:, :, :1]
    for part in range(1, min(parts, blocks)):
        product[:, :, part:].addcmul_(spectra[:, :, :-part], responses[:, :, part : part + 1])
    y = irfft(product, BLOCK_SAMPLES)[..., hop:]
    return y.reshape(*x.shape[:-1], -1)[..., :samples]


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
