from dataclasses import replace

import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.automatic_gain import AutomaticGain, AutomaticGainParams
from mp3tomidi.augment.effects.base import Params

RATE = 16000
SETTINGS = AutomaticGainParams(
    threshold_db=np.array([-40.0]),
    ratio=np.array([8.0]),
    attack_s=np.array([0.050]),
    release_db_per_s=np.array([10.0]),
    before_db=np.array([0.0]),
)


def gain_db(level: torch.Tensor, settings: AutomaticGainParams) -> torch.Tensor:
    """What it does to a 1 kHz sine of that level, every millisecond: its peaks, out over in."""
    x = (level * torch.sin(2 * torch.pi * 1000.0 * torch.arange(len(level)) / RATE))[None, None]
    y = AutomaticGain(RATE).sound(x, settings)
    return 20.0 * (y[0, 0].view(-1, 16).abs().amax(-1) / x[0, 0].view(-1, 16).abs().amax(-1)).log10()


def test_after_a_loud_note_the_gain_creeps_up_at_its_rate() -> None:
    level = torch.full((4 * RATE,), 1e-2)
    level[: RATE // 2] = 1.0
    gain = gain_db(level, SETTINGS)
    assert gain[450] == pytest.approx(-40.0 * (1 - 1 / 8), abs=0.1)
    # what is measured falls by 10 dB a second; of each dB over the threshold the gain takes 7/8
    assert gain[3500] - gain[1500] == pytest.approx(20.0 * (1 - 1 / 8), abs=0.1)


def test_what_was_heard_before_the_clip_counts_from_its_first_sample() -> None:
    level = torch.full((RATE,), 1e-2)
    level[-RATE // 4 :] = 1.0
    loud = gain_db(level, SETTINGS)
    soft = gain_db(level, replace(SETTINGS, before_db=np.array([-40.0])))
    assert loud[0] == pytest.approx(-35.0, abs=0.1)
    assert soft[0] == pytest.approx(0.0, abs=0.1)
    assert soft[700] == pytest.approx(0.0, abs=0.1)


def test_the_past_does_not_hear_the_future() -> None:
    x = torch.randn(1, 2, RATE, generator=torch.Generator().manual_seed(0))
    x[..., 0] = 10.0  # the threshold is relative to the clip's peak, which must not move
    changed = x.clone()
    changed[..., 8020:] *= 2.0
    agc = AutomaticGain(RATE)
    before = agc.sound(x, SETTINGS)[..., :8020]
    torch.testing.assert_close(agc.sound(changed, SETTINGS)[..., :8020], before, atol=1e-4, rtol=1e-4)


def test_a_clip_sounds_alike_alone_in_a_batch_and_after_json() -> None:
    agc = AutomaticGain(RATE)
    params = agc.draw(np.random.default_rng(0), 5)
    x = torch.randn(5, 2, 12345, generator=torch.Generator().manual_seed(0))
    x[2] = 0.0
    y = agc.sound(x, params)
    assert y.shape == x.shape
    assert torch.isfinite(y).all()
    assert not y[2].any()
    for clip in range(5):
        alone = AutomaticGainParams(**{name: values[clip : clip + 1] for name, values in vars(params).items()})
        torch.testing.assert_close(agc.sound(x[clip : clip + 1], alone)[0], y[clip], atol=1e-4, rtol=1e-3)
    read = Params.kinds["AutomaticGainParams"].from_dict(params.to_dict())
    assert isinstance(read, AutomaticGainParams)
    assert torch.equal(agc.sound(x, read), y)
