import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.front_end.normalisation import (
    LOWEST_DB,
    band_level,
    band_power,
    harmonic_channels,
    normalised_log,
)

BINS_PER_SEMITONE = 3


def spectrogram(seed=0):
    return torch.rand(2, 2, 50, 336, generator=torch.Generator().manual_seed(seed)) + 0.01


def normalised(amplitude):
    return normalised_log(amplitude, band_level(band_power(amplitude), BINS_PER_SEMITONE))


@pytest.mark.parametrize("gain_db", [-40, -30, 20])
def test_the_recordings_level_does_not_matter(gain_db):
    amplitude = spectrogram()
    assert torch.allclose(normalised(amplitude * 10 ** (gain_db / 20)), normalised(amplitude), atol=2e-3)


def test_a_smooth_colour_does_not_matter():
    """A slope of 6 dB an octave, a dull and a bright recording of the same."""
    amplitude = spectrogram()
    slope = 2.0 ** (-torch.arange(336) / 36.0)
    difference = normalised(amplitude * slope) - normalised(amplitude)
    inner = slice(40, 200)  # where the smoothing has both its sides and no band is at the floor
    assert float(difference[..., inner].abs().max()) < 0.12


def test_silence_is_flat_and_finite():
    shown = normalised(torch.zeros(1, 2, 50, 336))
    assert torch.allclose(shown, torch.full_like(shown, LOWEST_DB / 40.0))


def test_power_of_blocks_adds_up():
    amplitude = spectrogram()
    both = (band_power(amplitude[:, :, :20]) * 20 + band_power(amplitude[:, :, 20:]) * 30) / 50
    assert torch.allclose(both, band_power(amplitude))


def test_each_channel_holds_its_partial():
    """Bins hold their own number, so that a channel shows where it was taken from."""
    numbers = torch.arange(336.0).expand(1, 1, 1, 336)
    channels = harmonic_channels(numbers, BINS_PER_SEMITONE, first_bin=36, bin_count=264)[0, :, 0]
    for channel, harmonic in zip(channels, (0.5, 1, 2, 3, 4, 5, 6, 7, 8), strict=True):
        assert channel[0] == 36 + round(36 * np.log2(harmonic))
    assert channels.shape == (9, 264)
    assert channels[8, -1] == LOWEST_DB / 40.0  # the eighth partial of the highest key is above all bins
