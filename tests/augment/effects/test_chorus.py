from dataclasses import replace

import numpy as np
import torch

from mp3tomidi.augment.effects.chorus import Chorus

RATE = 16000


def test_each_voice_repeats_a_click_at_its_delay_and_the_click_stays() -> None:
    chorus = Chorus(RATE)
    drawn = chorus.draw(np.random.default_rng(0), 1)
    params = replace(
        drawn,
        voices=np.array([2]),
        wet=np.array([0.6]),
        delay_s=np.array([[0.010, 0.020, 0.015]]),
        depth_s=np.array([[0.002, 0.002, 0.002]]),
        rate_hz=np.array([[1.0, 1.0, 1.0]]),
        phase=np.array([[0.0, np.pi, 0.0]]),
    )
    x = torch.zeros(1, 1, RATE)
    at = RATE // 4  # a quarter of the period of 1 Hz: the deviation is at its largest
    x[..., at] = 1.0
    y = chorus.sound(x, params)[0, 0]
    assert y[at] == 1.0
    for delay_s in (0.012, 0.018):
        around = y[at + round(delay_s * RATE) - 3 : at + round(delay_s * RATE) + 4]
        np.testing.assert_allclose(around.sum(), 0.3, atol=0.01)
    assert y[:at].abs().max() == 0.0
    np.testing.assert_allclose(y.sum(), 1.6, atol=0.02)


def test_voices_stay_under_the_dry_sound() -> None:
    params = Chorus(RATE).draw(np.random.default_rng(1), 500)
    assert params.wet.max() < 1.0
    assert set(params.voices) == {1, 2, 3}
    assert (params.delay_s - params.depth_s).min() >= 0.004
