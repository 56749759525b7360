"""How notes and rests are cut so that bars and beats are seen."""

from __future__ import annotations

import pytest

from mp3tomidi.transcribe.events import MetreChange
from mp3tomidi.transcribe.outputs.bars import Bars

FOUR = Bars(48)
THREE = Bars(36)
SIX_EIGHT = Bars(36, beat=18)
TWELVE_EIGHT = Bars(72, beat=18)
SEVEN_EIGHT = Bars(42)


@pytest.mark.parametrize(
    ("bars", "span", "expected"),
    [
        (FOUR, (0, 48), [(0, 48)]),
        (FOUR, (36, 24), [(36, 12), (48, 12)]),
        (FOUR, (0, 18), [(0, 18)]),
        (FOUR, (0, 15), [(0, 12), (12, 3)]),
        (FOUR, (6, 12), [(6, 12)]),
        (FOUR, (18, 12), [(18, 6), (24, 6)]),
        (FOUR, (3, 12), [(3, 9), (12, 3)]),
        (FOUR, (4, 24), [(4, 8), (12, 12), (24, 4)]),
        (FOUR, (0, 100), [(0, 48), (48, 48), (96, 4)]),
        (THREE, (0, 72), [(0, 36), (36, 36)]),
        (SIX_EIGHT, (0, 36), [(0, 36)]),
        (SIX_EIGHT, (0, 18), [(0, 18)]),
        (SIX_EIGHT, (0, 30), [(0, 18), (18, 12)]),
        (SIX_EIGHT, (12, 12), [(12, 6), (18, 6)]),
        (SIX_EIGHT, (3, 15), [(3, 3), (6, 12)]),
        (SIX_EIGHT, (18, 15), [(18, 12), (30, 3)]),
        (TWELVE_EIGHT, (0, 72), [(0, 72)]),
        (TWELVE_EIGHT, (18, 36), [(18, 18), (36, 18)]),
        (TWELVE_EIGHT, (36, 72), [(36, 36), (72, 36)]),
        (SEVEN_EIGHT, (36, 12), [(36, 6), (42, 6)]),
    ],
)
def test_beats_are_seen_in_what_is_tied(bars: Bars, span: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    assert list(bars.notes(*span)) == expected


@pytest.mark.parametrize(
    ("bars", "gap", "expected"),
    [
        (FOUR, (24, 48), [24]),
        (FOUR, (12, 48), [12, 24]),  # no dotted rest hides the middle of the bar
        (FOUR, (12, 36), [12, 12]),
        (FOUR, (0, 18), [12, 6]),
        (FOUR, (18, 48), [6, 24]),
        (FOUR, (3, 12), [3, 6]),
        (FOUR, (8, 24), [4, 12]),
        (THREE, (12, 36), [12, 12]),
        (SIX_EIGHT, (0, 18), [18]),
        (SIX_EIGHT, (6, 36), [6, 6, 18]),
        (SIX_EIGHT, (18, 30), [12]),
        (TWELVE_EIGHT, (36, 72), [36]),
        (TWELVE_EIGHT, (18, 54), [18, 18]),
    ],
)
def test_rests_show_the_beats(bars: Bars, gap: tuple[int, int], expected: list[int]) -> None:
    rests = list(bars.rests(*gap))
    assert [length for _, length in rests] == expected
    assert rests[0][0] == gap[0]
    assert sum(rests[-1]) == gap[1]


@pytest.mark.parametrize(
    ("metre", "start", "spans"),
    [
        ((4, 4), 0, [(0, 48), (48, 96)]),
        ((4, 4), 11, [(0, 48), (48, 96)]),  # in the first beat: a whole bar
        ((4, 4), 36, [(36, 48), (48, 96)]),
        ((4, 4), 42, [(36, 48), (48, 96)]),  # of whole beats
        ((4, 4), 48, [(48, 96)]),
        ((6, 8), 30, [(18, 36), (36, 72), (72, 108)]),
        ((7, 8), 66, [(66, 84), (84, 126)]),
    ],
)
def test_a_pickup_is_as_short_as_whole_beats_allow(
    metre: tuple[int, int], start: int, spans: list[tuple[int, int]]
) -> None:
    bars = Bars.of(MetreChange(0.0, *metre), start, 90)
    assert bars.spans() == spans
    assert bars.has_pickup == (spans[0][1] - spans[0][0] < bars.length)


def test_every_gap_and_note_is_filled_and_stays_in_its_bar() -> None:
    for bars in (FOUR, THREE, SIX_EIGHT, TWELVE_EIGHT, SEVEN_EIGHT):
        for start in range(0, bars.length, 3):
            for end in range(start + 3, 2 * bars.length, 3):
                tied = list(bars.notes(start, end - start))
                assert [at for at, _ in tied] == [start, *(at + length for at, length in tied[:-1])]
                assert sum(tied[-1]) == end
                assert all(at // bars.length == (at + length - 1) // bars.length for at, length in tied)
                if end <= bars.length:
                    assert sum(length for _, length in bars.rests(start, end)) == end - start
