import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.compression import Compression, CompressionParams

RATE = 16000
SETTINGS = CompressionParams(
    threshold_db=np.array([-20.0]),
    ratio=np.array([4.0]),
    attack_s=np.array([0.010]),
    release_db_per_s=np.array([100.0]),
)


def gain_db(level: torch.Tensor) -> torch.Tensor:
    """What the compressor does to a 1 kHz sine of that level, every millisecond: its peaks, out over in."""
    x = (level * torch.sin(2 * torch.pi * 1000.0 * torch.arange(len(level)) / RATE))[None, None]
    y = Compression(RATE).sound(x, SETTINGS)
    peaks = y[0, 0].view(-1, 16).abs().amax(-1) / x[0, 0].view(-1, 16).abs().amax(-1)
    return 20.0 * peaks.log10()


def test_above_the_threshold_the_level_rises_by_its_ratio() -> None:
    level = torch.ones(4 * RATE)
    level[RATE : 2 * RATE] = 10.0 ** (-10.0 / 20.0)
    level[2 * RATE :] = 10.0 ** (-30.0 / 20.0)
    gain = gain_db(level)
    assert gain[950] == pytest.approx(-20.0 * (1 - 1 / 4), abs=0.05)
    assert gain[1950] == pytest.approx(-10.0 * (1 - 1 / 4), abs=0.05)
    assert gain[3950] == pytest.approx(0.0, abs=0.05)


def test_attack_is_a_time_constant_and_release_falls_by_its_rate() -> None:
    level = torch.full((2 * RATE,), 1e-3)
    level[RATE // 2 : RATE] = 1.0
    gain = gain_db(level)
    full_db = -15.0
    # the gain in dB reaches 63 % after the attack and the 2.5 to 5 ms until a frame is known
    assert full_db * 0.63 == pytest.approx(float(gain[500 + 10 + 4]), abs=1.5)
    # 100 ms after the fall the measured level has fallen by 10 of the 20 dB
    assert full_db / 2 == pytest.approx(float(gain[1000 + 100 + 10]), abs=1.0)
    assert gain[1000 + 400] == pytest.approx(0.0, abs=0.05)


def test_the_past_does_not_hear_the_future() -> None:
    x = torch.randn(1, 2, RATE, generator=torch.Generator().manual_seed(0))
    x[..., 0] = 10.0  # the threshold is relative to the clip's peak, which must not move
    changed = x.clone()
    changed[..., 8020:] *= 2.0  # in the middle of a frame
    compression = Compression(RATE)
    before = compression.sound(x, SETTINGS)[..., :8020]
    torch.testing.assert_close(compression.sound(changed, SETTINGS)[..., :8020], before, atol=1e-4, rtol=1e-4)


def test_length_and_channels_are_kept() -> None:
    compression = Compression(RATE)
    x = torch.randn(3, 2, 12345, generator=torch.Generator().manual_seed(0))
    y = compression.sound(x, compression.draw(np.random.default_rng(0), 3))
    assert y.shape == x.shape
    torch.testing.assert_close(y[:, 0] * x[:, 1], y[:, 1] * x[:, 0], atol=1e-4, rtol=1e-4)
    assert not compression.sound(torch.zeros(1, 1, 100), SETTINGS).any()
