from dataclasses import replace

import numpy as np
import torch

from mp3tomidi.augment.effects.equaliser import BAND_CENTRES_HZ, Equaliser

RATE = 16000


def test_a_sine_is_changed_by_the_drawn_gain_of_its_band() -> None:
    equaliser = Equaliser(RATE)
    params = equaliser.draw(np.random.default_rng(1), 7)
    time_s = torch.arange(RATE) / RATE
    x = torch.stack([torch.sin(2 * torch.pi * float(hz) * time_s) for hz in BAND_CENTRES_HZ[:7]])[:, None]
    y = equaliser.sound(x, params)[:, 0, RATE // 2 :]
    gain_db = 20.0 * torch.log10(y.square().mean(-1).sqrt() * 2**0.5)
    np.testing.assert_allclose(gain_db, np.diag(params.gains_db), atol=0.05)


def test_between_two_centres_the_curve_is_their_mean() -> None:
    equaliser = Equaliser(RATE)
    params = replace(equaliser.draw(np.random.default_rng(1), 1), gains_db=np.array([[0.0, 0, 0, 6, 2, 0, 0, 0]]))
    middle_hz = torch.tensor([2**0.5 * BAND_CENTRES_HZ[3], 20.0, 8000.0])
    np.testing.assert_allclose(equaliser.response_db(middle_hz, params)[0], [4.0, 0.0, 0.0], atol=1e-4)


def test_nothing_sounds_before_a_click() -> None:
    equaliser = Equaliser(RATE)
    x = torch.zeros(4, 1, RATE)
    x[..., 8000] = 1.0
    y = equaliser.sound(x, equaliser.draw(np.random.default_rng(2), 4))
    assert y[..., :8000].abs().max() < 1e-5
    assert (y.abs().argmax(-1) == 8000).all()


def test_gains_deviate_by_5_db() -> None:
    gains_db = Equaliser(RATE).draw(np.random.default_rng(3), 2000).gains_db
    assert abs(gains_db.std() - 5.0) < 0.2
    assert abs(gains_db.mean()) < 0.2
