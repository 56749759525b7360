import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.echo import Echo, EchoParams

RATE = 16000


def test_repeats_come_at_their_time_and_level_and_the_sound_itself_stays() -> None:
    x = torch.zeros(2, 1, RATE)
    x[:, 0, 100] = 1.0
    params = EchoParams(np.array([0.1, 0.3]), np.array([-12.0, -20.0]), np.array([-6.0, -10.0]))
    y = Echo(RATE).sound(x, params)
    assert y[:, 0, 100].tolist() == [1.0, 1.0]
    for clip, (delay, level_db, feedback_db) in enumerate([(1600, -12.0, -6.0), (4800, -20.0, -10.0)]):
        for repeat in range(1, 4):
            at = 100 + repeat * delay
            if at + 10 > RATE:
                continue
            around = y[clip, 0, at - 1 : at + 10]
            # the repeats are dulled, not weakened: their samples still add up to the level
            wanted = 10 ** ((level_db + (repeat - 1) * feedback_db) / 20)
            assert float(around.sum()) == pytest.approx(wanted, rel=1e-4)
    assert int((y[1] != 0).sum()) == 1 + 2 + 3 + 4  # of the four repeats three lie within the clip
    assert x.abs().sum() == 2


def test_a_delay_past_the_end_changes_nothing() -> None:
    x = torch.ones(1, 1, 800)
    assert torch.equal(Echo(RATE).sound(x, EchoParams(np.array([0.1]), np.array([-9.0]), np.array([-4.0]))), x)
