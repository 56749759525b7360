"""The learning rate at every part of a run."""

from itertools import pairwise

import pytest

from mp3tomidi.train.training.learning_rate import CoolDown, learning_rate


def test_warm_up_rises_in_equal_steps_to_the_peak_and_stays_there() -> None:
    rates = [learning_rate(step, 0.004, 4) for step in range(8)]
    assert rates == pytest.approx([0.001, 0.002, 0.003, 0.004, 0.004, 0.004, 0.004, 0.004])
    assert learning_rate(10**9, 0.004, 4) == 0.004
    assert learning_rate(0, 0.004, 0) == 0.004


def test_a_cool_down_falls_as_one_minus_the_root_and_ends_at_zero() -> None:
    cool_down = CoolDown(1000, 100)
    assert cool_down.end == 1100
    assert learning_rate(999, 1.0, 10, cool_down) == 1.0
    assert learning_rate(1000, 1.0, 10, cool_down) == 1.0
    assert learning_rate(1025, 1.0, 10, cool_down) == pytest.approx(0.5)
    assert learning_rate(1081, 1.0, 10, cool_down) == pytest.approx(0.1)
    assert 0 < learning_rate(1099, 1.0, 10, cool_down) < 0.006
    assert learning_rate(1100, 1.0, 10, cool_down) == 0.0
    assert learning_rate(5000, 1.0, 10, cool_down) == 0.0


@pytest.mark.parametrize("start", [0, 1, 57, 100, 12345])
@pytest.mark.parametrize("steps", [1, 3, 400])
def test_it_can_start_anywhere_and_never_raises_the_rate_after_the_warm_up(start: int, steps: int) -> None:
    cool_down = CoolDown(start, steps)
    rates = [learning_rate(step, 1.0, 1, cool_down) for step in range(max(0, start - 5), cool_down.end + 1)]
    assert all(later <= earlier for earlier, later in pairwise(rates))
    assert rates[-1] == 0.0
    assert rates[0] == 1.0
