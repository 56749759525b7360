import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.codec import Codec, CodecParams

RATE = 16000


def settings(cutoff_hz: float, signal_to_noise_db: float, hole_db: float) -> CodecParams:
    return CodecParams(np.array([cutoff_hz]), np.array([signal_to_noise_db]), np.array([hole_db]))


def noise(samples: int = 4 * RATE) -> torch.Tensor:
    return 0.1 * torch.randn(1, 1, samples, generator=torch.Generator().manual_seed(0))


def power(x: torch.Tensor, low_hz: float, high_hz: float) -> float:
    frequency_hz = torch.arange(x.shape[-1] // 2 + 1) * RATE / x.shape[-1]
    inside = (frequency_hz >= low_hz) & (frequency_hz < high_hz)
    return float(torch.fft.rfft(x)[..., inside].abs().square().sum())


@pytest.mark.parametrize("signal_to_noise_db", [10.0, 16.0, 24.0])
def test_rounding_adds_the_drawn_noise(signal_to_noise_db: float) -> None:
    x = noise()
    error = Codec(RATE).sound(x, settings(8000.0, signal_to_noise_db, 80.0)) - x
    measured_db = 10.0 * np.log10(power(x, 100, 7000) / power(error, 100, 7000))
    assert measured_db == pytest.approx(signal_to_noise_db, abs=0.5)


def test_nothing_is_left_above_the_cutoff() -> None:
    x = noise()
    y = Codec(RATE).sound(x, settings(4000.0, 40.0, 80.0))
    assert power(y, 4200, 8001) < 1e-3 * power(x, 4200, 8001)
    assert power(y, 100, 3800) == pytest.approx(power(x, 100, 3800), rel=0.01)


def test_what_is_far_under_the_loudest_band_becomes_a_hole() -> None:
    time_s = torch.arange(RATE) / RATE
    loud = torch.sin(2 * torch.pi * 440.0 * time_s)[None, None]
    quiet = 10 ** (-45.0 / 20.0) * torch.sin(2 * torch.pi * 3000.0 * time_s)[None, None]
    for hole_db, kept in ((35.0, False), (70.0, True)):
        y = Codec(RATE).sound(loud + quiet, settings(7500.0, 24.0, hole_db))
        assert (power(y, 2900, 3100) > 0.5 * power(quiet, 2900, 3100)) == kept


def test_fine_steps_give_the_sound_back_where_it_was() -> None:
    for samples in (RATE, 12345):
        x = noise(samples)
        y = Codec(RATE).sound(x, settings(8000.0, 100.0, 200.0))
        torch.testing.assert_close(y, x, atol=1e-4, rtol=0.0)


def test_the_noise_of_a_loud_onset_is_not_heard_before_it() -> None:
    onset = 8000 + 8 * torch.arange(64)  # at every place in a window
    x = noise(64 * RATE).view(64, 1, RATE) * (torch.arange(RATE) >= onset[:, None, None])
    params = CodecParams(np.full(64, 8000.0), np.full(64, 10.0), np.full(64, 80.0))
    y = Codec(RATE).sound(x, params)
    for clip in range(64):
        before = y[clip, 0, onset[clip] - 256 : onset[clip]].square().mean()
        assert 10.0 * torch.log10(before / 0.01) < -20.0  # without control up to -15


def test_silence_stays_silence() -> None:
    assert not Codec(RATE).sound(torch.zeros(1, 1, RATE), settings(8000.0, 10.0, 40.0)).any()
