"""The pedal of a pianist: what it does to notes, and how it is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.music.pedalling import (
    PEDAL,
    SHORTEST_LIFT_S,
    SHORTEST_PRESS_S,
    Performance,
    draw_pedal,
    held_by_hands,
    tidy_presses,
)


def keys(*rows: tuple[float, float, int]) -> NDArray[np.void]:
    return np.array([(0, *row, 80, 0) for row in rows], NOTE)


def presses(*rows: tuple[float, float]) -> NDArray[np.void]:
    return np.array(list(rows), PEDAL)


def chords(count: int = 60, apart_s: float = 0.5) -> NDArray[np.void]:
    """A bass note and two above, struck again and again."""
    rows = [
        (apart_s * index, apart_s * (index + 0.4), pitch + index % 7)
        for index in range(count)
        for pitch in (36, 60, 64)
    ]
    return keys(*rows)


def test_a_note_sounds_until_the_pedal_lifts_or_its_key_is_struck_again() -> None:
    played = Performance(
        keys((0.0, 0.3, 60), (0.1, 1.4, 64), (0.2, 0.4, 67), (0.8, 0.9, 67), (2.0, 2.2, 60)),
        presses((0.25, 1.0), (1.2, 1.6)),
    )
    assert played.sounding()["offset_s"] == pytest.approx([1.0, 1.6, 0.8, 1.0, 2.2])
    assert played.keys["offset_s"][0] == 0.3  # the keys stay as they are


def test_a_hand_lets_go_of_what_it_cannot_hold() -> None:
    """The left one of its low note when it strikes one too far up, the right one of a run's first after five more."""
    low = [(0.0, 4.0, 36), (1.0, 1.5, 50)]
    run = [(2.0 + 0.2 * index, 6.0, 66 + index) for index in range(7)]
    held = held_by_hands(np.random.default_rng(3), keys(*low, *run))
    assert held["offset_s"][0] == pytest.approx(1.0, abs=0.031)
    assert held["offset_s"][2] == pytest.approx(2.0 + 0.2 * 5, abs=0.031)
    assert held["offset_s"][-1] == pytest.approx(6.0, abs=0.2)  # a finger is lifted in its own time
    assert (held["onset_s"] == keys(*low, *run)["onset_s"]).all()
    assert not len(held_by_hands(np.random.default_rng(0), keys()))


def test_presses_are_put_in_order_and_parted() -> None:
    tidied = tidy_presses(presses((2.0, 5.0), (0.0, 2.5), (4.0, 4.5), (6.0, 6.0 + SHORTEST_PRESS_S / 2)))
    assert tidied["down_s"] == pytest.approx([0.0, 2.0, 4.0])
    assert tidied["up_s"] == pytest.approx([2.0 - SHORTEST_LIFT_S, 4.0 - SHORTEST_LIFT_S, 4.5])


@pytest.mark.parametrize("seed", range(20))
def test_drawn_presses_are_long_enough_and_apart(seed: int) -> None:
    drawn = draw_pedal(np.random.default_rng(seed), chords(), none_share=0.0)
    assert len(drawn)
    assert (drawn["up_s"] - drawn["down_s"] >= SHORTEST_PRESS_S).all()
    assert (drawn["down_s"][1:] - drawn["up_s"][:-1] >= SHORTEST_LIFT_S - 1e-9).all()
    again = draw_pedal(np.random.default_rng(seed), chords(), none_share=0.0)
    assert again.tobytes() == drawn.tobytes()


def test_the_pedal_is_changed_where_something_is_struck() -> None:
    """Of the moments at which it comes up, more lie just after an onset than evenly spread ones would."""
    since_s = []
    for seed in range(40):
        drawn = draw_pedal(np.random.default_rng(seed), chords(), none_share=0.0)
        since_s.append(drawn["up_s"] % 0.5)
    assert np.mean(np.concatenate(since_s) < 0.125) > 0.35


def test_the_foot_may_rest_and_nothing_needs_no_pedal() -> None:
    assert not len(draw_pedal(np.random.default_rng(0), chords(), none_share=1.0))
    assert not len(draw_pedal(np.random.default_rng(0), keys()))
