from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch

from mp3tomidi.augment.effects.noise import SILENCE_RMS, Noise

RATE = 16000


def test_noise_is_as_far_under_the_clip_as_drawn() -> None:
    noise = Noise(RATE)
    params = noise.draw(np.random.default_rng(0), 40)
    x = 0.1 * torch.randn(40, 2, RATE, generator=torch.Generator().manual_seed(0))
    added = (noise.sound(x, params) - x).double()
    ratio_db = 10.0 * torch.log10(x.double().square().mean((1, 2)) / added.square().mean((1, 2)))
    # hiss and hum are loud for themselves; that they are a little alike by chance is worth a tenth of a dB
    np.testing.assert_allclose(ratio_db, params.signal_to_noise_db, atol=0.3)
    assert params.signal_to_noise_db.min() >= 20.0
    assert params.signal_to_noise_db.max() <= 70.0


@pytest.mark.parametrize("slope_db", [-6.0, -3.0, 0.0])
def test_the_spectrum_falls_as_drawn(slope_db: float) -> None:
    noise = Noise(RATE)
    params = replace(
        noise.draw(np.random.default_rng(1), 1),
        slope_db_per_octave=np.array([slope_db]),
        signal_to_noise_db=np.array([0.0]),
        hum_hz=np.array([0]),
        hum_share=np.array([0.0]),
    )
    added = noise.sound(torch.zeros(1, 1, 8 * RATE), params)[0, 0].numpy()
    frequency_hz, power = scipy.signal.welch(added, RATE, nperseg=4096)
    band = (frequency_hz > 100.0) & (frequency_hz < 7000.0)
    fitted = np.polyfit(np.log2(frequency_hz[band]), 10.0 * np.log10(power[band]), 1)[0]
    assert fitted == pytest.approx(slope_db, abs=0.2)


def test_hum_stands_at_the_harmonics_of_the_mains() -> None:
    noise = Noise(RATE)
    drawn = noise.draw(np.random.default_rng(2), 2)
    params = replace(
        drawn,
        signal_to_noise_db=np.zeros(2),
        hum_hz=np.array([50, 60]),
        hum_share=np.ones(2),
        hum_gains=np.tile(0.5 ** np.arange(10), (2, 1)),
    )
    # a clip that is no whole number of seconds long
    spectrum = torch.fft.rfft(noise.sound(torch.zeros(2, 1, RATE * 5 // 2), params)[:, 0]).abs()
    for clip, mains_hz in enumerate((50, 60)):
        peaks = torch.topk(spectrum[clip], 3).indices.sort().values / 2.5
        np.testing.assert_allclose(peaks, [mains_hz, 2 * mains_hz, 3 * mains_hz])


def test_drawn_hum_fades_toward_its_upper_harmonics() -> None:
    gains = Noise(RATE).draw(np.random.default_rng(5), 4000).hum_gains.mean(axis=0)
    assert (
        np.diff(gains) < 0.0
    ).all()  # 1/2 of the mean of a power k of U(.3, 1), which is (1 - .3^(k+1)) / .7 / (k+1)
    k = np.arange(len(gains))
    np.testing.assert_allclose(gains, 0.5 * (1 - 0.3 ** (k + 1)) / 0.7 / (k + 1), rtol=0.08)


def test_silence_hears_noise_too() -> None:
    noise = Noise(RATE)
    params = noise.draw(np.random.default_rng(3), 1)
    level = noise.sound(torch.zeros(1, 1, RATE), params).square().mean().sqrt()
    assert level == pytest.approx(SILENCE_RMS * 10.0 ** (-params.signal_to_noise_db[0] / 20.0), rel=0.05)


def test_same_seed_same_bytes() -> None:
    noise, x = Noise(RATE), torch.zeros(2, 1, RATE)
    first = noise.sound(x, noise.draw(np.random.default_rng(4), 2))
    assert torch.equal(first, noise.sound(x, noise.draw(np.random.default_rng(4), 2)))
    assert not torch.equal(first[0], first[1])
