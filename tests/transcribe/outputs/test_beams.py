"""Beams by the metre: which notes are joined, and how sixteenths hook onto eighths."""

from __future__ import annotations

import pytest

from mp3tomidi.transcribe.outputs.bars import Bars
from mp3tomidi.transcribe.outputs.beams import beams_of

FOUR, THREE, FIVE, SEVEN_EIGHT = Bars(48), Bars(36), Bars(60), Bars(42)
SIX_EIGHT, TWELVE_EIGHT = Bars(36, beat=18), Bars(72, beat=18)
ROUND = {"begin": "[", "continue": "-", "end": "]", "forward hook": ">", "backward hook": "<"}


def line(lengths: str, start: int = 0) -> list[tuple[int, int]]:
    """Notes one after the other: h(alf), q(uarter), d(otted eighth), e(ighth), t(riplet), s(ixteenth); E and S rest."""
    ticks = {"h": 24, "q": 12, "d": 9, "e": 6, "t": 4, "s": 3}
    spans = []
    for name in lengths:
        if name.islower():
            spans.append((start, ticks[name]))
        start += ticks[name.lower()]
    return spans


def drawn(spans: list[tuple[int, int]], bars: Bars, level: int = 0) -> str:
    """The state of one beam of each note, a dot for none."""
    states = beams_of(spans, bars)
    found = [states.get(onset, ()) for onset, _ in spans]
    return "".join(ROUND[state[level]] if len(state) > level else "." for state in found)


@pytest.mark.parametrize(
    ("bars", "lengths", "outer"),
    [
        (FOUR, "eeeeeeee", "[--][--]"),  # never across the middle of the bar
        (FOUR, "eeeeqee", "[--].[]"),
        (FOUR, "eeqeeee", "[].[--]"),
        (FOUR, "qeeeeq", ".[][]."),  # nor where that hides the middle
        (FOUR, "eessssq", "[][--]."),  # sixteenths by the beat, and so the eighths beside them
        (FOUR, "eqeh", "...."),
        (FOUR, "eEeeh", ".[]."),  # a rest breaks
        (FOUR, "ssSsqh", "[]..."),
        (FOUR, "ttttttqq", "[-][-].."),
        (FOUR, "dssdh", "[][]."),
        (THREE, "eeeeee", "[----]"),
        (THREE, "qeeee", ".[][]"),
        (THREE, "eeqee", "[].[]"),
        (FIVE, "eeeeqqq", "[][]..."),
        (SIX_EIGHT, "eeeeee", "[-][-]"),
        (SIX_EIGHT, "qeqe", "...."),
        (SIX_EIGHT, "sssssseee", "[----][-]"),
        (TWELVE_EIGHT, "eeeeeeeeeeee", "[-][-][-][-]"),
        (SEVEN_EIGHT, "eeeeeee", "[][][-]"),
    ],
)
def test_beams_show_the_beats(bars: Bars, lengths: str, outer: str) -> None:
    assert drawn(line(lengths), bars) == outer
    later = 3 * bars.length  # in a bar further on they are the same
    assert drawn(line(lengths, later), bars) == outer


def test_a_pickup_is_beamed_as_the_end_of_a_bar() -> None:
    assert drawn(line("eeee", 24), FOUR) == "[--]"
    assert drawn(line("eeeeee", 12), FOUR) == "[][--]"


@pytest.mark.parametrize(
    ("lengths", "inner"),
    [
        ("ssssqh", "[--].."),
        ("dsqh", ".<.."),
        ("sdqh", ">..."),
        ("sesqh", ">.<.."),
        ("essqh", ".[].."),
        ("sseqh", "[]..."),
    ],
)
def test_sixteenths_have_a_second_beam_or_a_hook(lengths: str, inner: str) -> None:
    assert drawn(line(lengths), FOUR, level=1) == inner
    assert drawn(line(lengths), FOUR)[:2] == "[" + ("]" if lengths[2] == "q" else "-")


def test_a_sixteenth_between_eighths_hooks_towards_its_own_eighth() -> None:
    assert drawn(line("esede")[:3], SIX_EIGHT, level=1) == ".>."  # at the start of an eighth
    assert drawn([(0, 9), (9, 3), (12, 6)], SIX_EIGHT, level=1) == ".<."
