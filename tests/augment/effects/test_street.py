from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch

from mp3tomidi.augment.effects import street as streets
from mp3tomidi.augment.effects.noise import SILENCE_RMS
from mp3tomidi.augment.effects.street import PARTS, Street, StreetParams

RATE = 16000
TRAFFIC, KNOCKS, CROWD = np.eye(PARTS)[:, None]


def added(params: StreetParams, seconds: int = 8) -> np.ndarray:
    return Street(RATE).sound(torch.zeros(1, 1, seconds * RATE), params)[0, 0].double().numpy()


def drawn(seed: int, **changes: np.ndarray) -> StreetParams:
    return replace(Street(RATE).draw(np.random.default_rng(seed), 1), **changes)


def test_noise_is_as_far_under_the_clip_as_drawn_and_adds_itself_only() -> None:
    street = Street(RATE)
    params = street.draw(np.random.default_rng(0), 20)
    x = 0.1 * torch.randn(20, 2, RATE, generator=torch.Generator().manual_seed(0))
    noise = (street.sound(x, params) - x).double()
    ratio_db = 10.0 * torch.log10(x.double().square().mean((1, 2)) / noise.square().mean((1, 2)))
    np.testing.assert_allclose(ratio_db, params.signal_to_noise_db, atol=0.01)
    torch.testing.assert_close(noise[:, 0], noise[:, 1], atol=1e-6, rtol=0.0)
    other = torch.roll(x, 700, dims=-1)  # as loud, so the noise must be the same
    torch.testing.assert_close((street.sound(other, params) - other).double(), noise, atol=1e-6, rtol=0.0)


def test_every_part_is_heard_often_and_every_clip_hears_one() -> None:
    share = Street(RATE).draw(np.random.default_rng(1), 2000).part_share
    np.testing.assert_allclose(share.sum(axis=1), 1.0)
    assert ((share > 0).mean(axis=0) > 0.6).all()


def test_traffic_falls_as_drawn_and_wanders() -> None:
    settled = drawn(2, part_share=TRAFFIC, slope_db_per_octave=np.array([-5.0]), wander_db=np.array([0.0]))
    frequency_hz, power = scipy.signal.welch(added(settled), RATE, nperseg=2048)
    band = (frequency_hz > 300.0) & (frequency_hz < 6000.0)
    fitted = np.polyfit(np.log2(frequency_hz[band]), 10.0 * np.log10(power[band]), 1)[0]
    assert fitted == pytest.approx(-5.0, abs=0.4)

    def spread_db(params: StreetParams) -> float:
        halves = added(params, 20).reshape(40, -1)
        return float(np.std(10.0 * np.log10(np.square(halves).mean(axis=1))))

    assert spread_db(settled) < 1.5
    assert spread_db(replace(settled, wander_db=np.array([8.0]))) > 4.0


def test_knocks_rise_at_once_and_come_as_often_as_drawn() -> None:
    def sounding_share(knocks_per_s: float) -> float:
        params = drawn(3, part_share=KNOCKS, knocks_per_s=np.array([knocks_per_s]))
        level = np.square(added(params).reshape(-1, 160)).mean(axis=1)
        return float(np.mean(level > 1e-4 * level.max()))

    assert sounding_share(0.3) < 0.4 < sounding_share(40.0)


def test_a_crowd_has_the_rhythm_of_syllables_and_the_band_of_voices() -> None:
    one = drawn(4, part_share=CROWD, voices=np.array([1]))
    sound = added(one, 30)
    frequency_hz, power = scipy.signal.welch(sound, RATE, nperseg=2048)
    voice = power[(frequency_hz > 150.0) & (frequency_hz < 4000.0)].sum()
    assert voice > 0.8 * power.sum()
    level = np.square(sound.reshape(-1, 160)).mean(axis=1)
    frequency_hz, modulation = scipy.signal.periodogram(level - level.mean(), 100.0)
    syllables = modulation[(frequency_hz > 1.5) & (frequency_hz < 10.0)].sum()
    assert syllables > 2.0 * modulation[frequency_hz > 10.0].sum()


def test_a_clip_hears_the_same_alone_in_a_batch_and_after_json_and_silence_hears_it_too() -> None:
    street = Street(RATE)
    params = street.draw(np.random.default_rng(5), 3)
    x = torch.randn(3, 1, 5000, generator=torch.Generator().manual_seed(0))
    x[2] = 0.0
    y = street.sound(x, params)
    assert torch.isfinite(y).all()
    for clip in range(3):
        alone = StreetParams(**{name: values[clip : clip + 1] for name, values in vars(params).items()})
        assert torch.equal(street.sound(x[clip : clip + 1], alone)[0], y[clip])
    assert torch.equal(street.sound(x, StreetParams.from_dict(params.to_dict())), y)
    expected = SILENCE_RMS * 10.0 ** (-params.signal_to_noise_db[2] / 20.0)
    assert y[2].square().mean().sqrt() == pytest.approx(expected, rel=1e-3)


def test_long_sound_made_in_blocks_is_what_it_is_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block has only the events that are heard in it, and nothing is lost."""
    effect = Street(RATE)
    params = effect.draw(np.random.default_rng(3), 4)
    for clip in range(4):
        whole = effect.power(params, clip, 8.0)
        monkeypatch.setattr(streets, "BLOCK_FRAMES", 100)
        parts = effect.power(params, clip, 8.0)
        monkeypatch.undo()
        np.testing.assert_allclose(parts, whole, rtol=1e-3, atol=1e-3 * whole.mean())
