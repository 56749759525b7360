"""Which families are drawn: as often as their weights say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.mixing.roster import Roster

DRAWS = 4_000


@pytest.fixture(scope="module")
def roster(tiny_banks: Path) -> Roster:
    return Roster([Bank.open(tiny_banks / "sines")], [1.0], {"piano": 3.0, "bass": 1.0})


def test_families_are_drawn_by_their_weights(roster: Roster) -> None:
    count = Counter(roster.draw_families(DRAWS, np.random.default_rng(0)))
    assert count["piano"] / DRAWS == pytest.approx(0.75, abs=0.03)
    assert count["piano"] + count["bass"] == DRAWS  # nobody asked for the singer that the bank has, too


def test_the_rest_of_a_band_is_drawn_by_the_weights(roster: Roster) -> None:
    """A bass plays in .8 of the bands; where it does not, the only part is a piano in .75 of them."""
    rng = np.random.default_rng(0)
    count = Counter(family for _ in range(DRAWS) for family in roster.draw_line_up(1, rng))
    assert count["piano"] / DRAWS == pytest.approx(0.2 * 0.75, abs=0.02)
    assert roster.draw_line_up(2, rng).count("bass") <= 1
