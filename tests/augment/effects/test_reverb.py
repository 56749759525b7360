from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch

from mp3tomidi.augment.effects.reverb import Reverb, ReverbParams

RATE = 16000
CPU = torch.device("cpu")


def decay_s(response: np.ndarray, low_hz: float, high_hz: float) -> float:
    """rt60 of a band from Schroeder's backward integral, fitted between -5 and -25 dB."""
    sections = scipy.signal.butter(4, [low_hz, high_hz], "band", fs=RATE, output="sos")
    energy = np.cumsum(scipy.signal.sosfilt(sections, response)[::-1] ** 2)[::-1]
    level_db = 10.0 * np.log10(energy / energy[0] + 1e-12)
    fitted = np.flatnonzero((level_db < -5.0) & (level_db > -25.0))
    slope_db_per_sample = np.polyfit(fitted, level_db[fitted], 1)[0]
    return float(-60.0 / slope_db_per_sample / RATE)


def tail_only(rt60_s: float, high_decay_ratio: float) -> ReverbParams:
    drawn = Reverb(RATE).draw(np.random.default_rng(4), 1)
    return replace(
        drawn,
        rt60_s=np.array([rt60_s]),
        high_decay_ratio=np.array([high_decay_ratio]),
        early_share=np.array([0.0]),
        pre_delay_s=np.array([0.0]),
    )


@pytest.mark.parametrize("rt60_s", [0.4, 1.0, 2.5])
def test_the_tail_dies_in_the_drawn_time_and_highs_die_sooner(rt60_s: float) -> None:
    tail = Reverb(RATE).impulse_responses(tail_only(rt60_s, 0.4), CPU)[0, 1:].numpy()
    for low_hz, high_hz in ((200.0, 800.0), (5000.0, 7000.0)):
        share = (low_hz + high_hz) / 2.0 / 8000.0
        expected_s = rt60_s / (1.0 + share * (1.0 / 0.4 - 1.0))
        assert decay_s(tail, low_hz, high_hz) == pytest.approx(expected_s, rel=0.15)


def test_direct_sound_stays_and_the_rest_has_the_drawn_energy() -> None:
    reverb = Reverb(RATE)
    params = reverb.draw(np.random.default_rng(5), 40)
    response = reverb.impulse_responses(params, CPU)
    np.testing.assert_allclose(response[:, 0], 1.0, atol=0.02)
    ratio_db = -10.0 * torch.log10(response[:, 1:].square().sum(-1))
    np.testing.assert_allclose(ratio_db, params.direct_to_reverberant_db, atol=0.1)


def test_reflections_arrive_when_they_were_drawn() -> None:
    reverb = Reverb(RATE)
    params = replace(
        reverb.draw(np.random.default_rng(6), 1),
        early_share=np.array([1.0]),
        direct_to_reverberant_db=np.array([0.0]),
    )
    response = reverb.impulse_responses(params, CPU)[0]
    taps = np.flatnonzero(response.abs().numpy() > 1e-6)
    expected = np.unique((params.reflection_s[0] * RATE).astype(int))
    np.testing.assert_array_equal(taps, np.concatenate([[0], expected]))
    assert taps[1] >= 0.003 * RATE - 1


def test_a_clip_hears_the_same_room_alone_and_in_a_batch() -> None:
    reverb = Reverb(RATE)
    params = reverb.draw(np.random.default_rng(7), 3)
    alone = type(params)(**{name: values[1:2] for name, values in vars(params).items()})
    x = torch.randn(3, 2, RATE, generator=torch.Generator().manual_seed(0))
    together = reverb.sound(x, params)
    torch.testing.assert_close(reverb.sound(x[1:2], alone)[0], together[1], atol=1e-4, rtol=1e-4)
    assert torch.equal(reverb.sound(x, params), together)


def test_most_rooms_are_small_and_some_are_halls() -> None:
    rt60_s = Reverb(RATE).draw(np.random.default_rng(8), 2000).rt60_s
    assert rt60_s.min() >= 0.1
    assert rt60_s.max() <= 3.0
    assert 0.05 < (rt60_s > 1.5).mean() < 0.1
