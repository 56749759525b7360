"""Normalises a spectrogram by the recording's long-term spectrum, and stacks its harmonics as channels.

Shapes: amplitude [batch, view, frames, bin]; power and level [batch, view, bin].
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from mp3tomidi.transcribe.front_end.level import FLOOR_DB, SILENT, smoothing_kernel

# Offsets in semitones of the channels that a pitch sees: the octave below (is this only its second partial?) and
# partials 1 to 8. Basic Pitch (Bittner et al. 2022, table 2) found harmonic stacking worth .14 onset F1.
HARMONICS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)

LOWEST_DB = -60.0  # what lies further below a band's level is silence


def band_power(amplitude: Tensor) -> Tensor:
    """Mean square over time of each band: [batch, view, frames, bin] to [batch, view, bin]."""
    return amplitude.square().mean(dim=2)


def band_level(power: Tensor, bins_per_semitone: int) -> Tensor:
    """The long-term amplitude of each band's surroundings, from the mean squares of `band_power`."""
    kernel = torch.from_numpy(smoothing_kernel(bins_per_semitone)).to(power)
    half = len(kernel) // 2
    padded = functional.pad(power, (half, half), mode="replicate")
    smooth = functional.conv1d(padded.flatten(0, 1)[:, None], kernel[None, None])
    level = smooth.reshape(power.shape).sqrt()
    floor = level.amax(dim=-1, keepdim=True) * 10.0 ** (FLOOR_DB / 20.0)
    return torch.maximum(level, floor) + SILENT


def normalised_log(amplitude: Tensor, level: Tensor) -> Tensor:
    """Amplitudes relative to their band's level as log10, from LOWEST_DB / 20 up, centred near zero."""
    centre = -LOWEST_DB / 40.0
    return torch.log10(amplitude / level[:, :, None] + 10.0 ** (LOWEST_DB / 20.0)) + centre


def harmonic_channels(log_amplitude: Tensor, bins_per_semitone: int, first_bin: int, bin_count: int) -> Tensor:
    """Shifts each view by every harmonic: [batch, view, frames, bin] to [batch, view * harmonic, frames, bin_count].

    Bin k of a channel holds partial h of the pitch whose fundamental is bin first_bin + k.
    """
    silence = LOWEST_DB / 40.0
    offsets = [round(12 * bins_per_semitone * math.log2(h)) for h in HARMONICS]
    missing = max(0, first_bin + max(offsets) + bin_count - log_amplitude.shape[-1])
    padded = functional.pad(log_amplitude, (0, missing), value=silence)
    channels = [padded[..., first_bin + offset :][..., :bin_count] for offset in offsets]
    return torch.stack(channels, dim=2).flatten(1, 2)
