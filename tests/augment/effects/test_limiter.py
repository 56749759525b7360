import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.limiter import MAX_DRIVE_DB, Limiter, LimiterParams

RATE = 16000


def params(loudness_db: float, release_db_per_s: float = 200.0, n: int = 1) -> LimiterParams:
    return LimiterParams(np.full(n, loudness_db), np.full(n, release_db_per_s))


def music(seed: int) -> torch.Tensor:
    """Soft noise with loud bursts, two channels: its peak lies about 20 dB over its RMS."""
    rng = np.random.default_rng(seed)
    sound = 0.02 * rng.standard_normal((1, 2, 2 * RATE))
    for at in rng.integers(0, 2 * RATE - 400, 5):
        sound[..., at : at + 400] += rng.standard_normal((2, 400)) * np.exp(-np.arange(400) / 60) * 0.3
    return torch.from_numpy(sound).float()


@pytest.mark.parametrize("loudness_db", [-14.0, -10.0, -6.0])
def test_it_gets_louder_and_keeps_its_peak(loudness_db: float) -> None:
    for seed in range(5):
        x = music(seed)
        y = Limiter(RATE).sound(x, params(loudness_db))
        peak = float(x.abs().max())
        assert float(y.abs().max()) <= peak * 1.00001
        assert float(y.abs().max()) > 0.7 * peak
        gained_db = 20 * float((y.square().mean() / x.square().mean()).sqrt().log10())
        assert 1.0 < gained_db <= MAX_DRIVE_DB


def test_between_the_peaks_the_gain_is_the_drive_and_both_channels_share_it() -> None:
    x = torch.full((1, 2, RATE), 0.01)
    x[0, 1] = -0.005
    x[0, 0, 8000] = 1.0
    y = Limiter(RATE).sound(x, params(-40.0))
    rms = float(x.square().mean().sqrt())
    drive = 10 ** (-40 / 20) / rms
    assert drive > 1
    assert y[0, :, 100] == pytest.approx([0.01 * drive, -0.005 * drive], rel=1e-4)
    assert float(y[0, 0, 8000]) == pytest.approx(1.0, rel=1e-4)
    ratio = y[0] / x[0]
    assert torch.allclose(ratio[0], ratio[1], rtol=1e-4)


def test_the_gain_falls_within_two_milliseconds_and_recovers_at_its_rate() -> None:
    x = torch.full((1, 1, RATE), 0.05)
    x[0, 0, 8000] = 1.0  # the first sample of its millisecond
    y = Limiter(RATE).sound(x, params(-20.0, release_db_per_s=100.0))
    gain_db = 20 * (y / x)[0, 0].log10()
    drive_db = float(gain_db[0])
    assert drive_db == pytest.approx(-20 - 20 * np.log10(float(x.square().mean().sqrt())), abs=0.01)
    assert gain_db[: 8000 - 16].numpy() == pytest.approx(drive_db, abs=1e-3)
    assert float(gain_db[8000]) == pytest.approx(0.0, abs=1e-3)
    assert float(gain_db[8000 + 400]) == pytest.approx(min(drive_db, 2.4), abs=0.2)


def test_what_is_loud_enough_stays_and_silence_too() -> None:
    sine = torch.sin(torch.arange(RATE) * 0.3)[None, None]
    assert torch.allclose(Limiter(RATE).sound(sine, params(-10.0)), sine)
    silence = torch.zeros(1, 1, RATE)
    assert torch.equal(Limiter(RATE).sound(silence, params(-10.0)), silence)


def test_a_clip_does_not_depend_on_its_batch() -> None:
    x = torch.cat([music(0), music(1)])
    both = LimiterParams(np.array([-8.0, -12.0]), np.array([100.0, 400.0]))
    alone = Limiter(RATE).sound(x[1:], LimiterParams(both.loudness_db[1:], both.release_db_per_s[1:]))
    assert torch.equal(Limiter(RATE).sound(x, both)[1:], alone)
