"""Families by what a recording's own notes sound like."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.notes.timbre_groups import FEWEST_NOTES, follow_timbre

FAMILY_COUNT = 4
PLAYING = (1, 3)


def notes(count: int = 120, apart: float = 5.0, wrong: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Log probabilities and timbres of notes that two families play by turns; of the first ones the other is named."""
    rng = np.random.default_rng(5)
    player = np.arange(count) % 2
    timbre = rng.standard_normal((count, 30)).astype(np.float32)
    timbre[:, :3] += apart * player[:, None]
    named = np.where(np.arange(count) < wrong, 1 - player, player)
    likely = np.full((count, FAMILY_COUNT), np.log(0.5 / 3))
    likely[np.arange(count), np.array(PLAYING)[named]] = np.log(0.5)
    return likely, timbre


def followed(likely: NDArray[np.float64], timbre: NDArray[np.float32]) -> NDArray[np.intp]:
    result = follow_timbre(likely, likely.argmax(axis=1), timbre, np.full(len(likely), 60))
    assert np.exp(result).sum(axis=1) == pytest.approx(1.0)
    return np.asarray(result.argmax(axis=1))


def test_notes_that_are_named_wrong_go_to_those_that_they_sound_like() -> None:
    right = np.array(PLAYING)[np.arange(120) % 2]
    assert (followed(*notes(wrong=30)) == right).all()
    assert (followed(*notes(wrong=30, apart=0.0)) == right).mean() < 0.9


def test_their_order_does_not_matter() -> None:
    likely, timbre = notes(wrong=20, apart=1.5)
    order = np.random.default_rng(1).permutation(len(likely))
    assert (followed(likely, timbre)[order] == followed(likely[order], timbre[order])).all()


def test_families_that_are_not_chosen_are_never_likelier_than_those_that_are() -> None:
    likely, timbre = notes(wrong=10)
    result = follow_timbre(likely, likely.argmax(axis=1), timbre, np.full(len(likely), 60))
    others = [family for family in range(FAMILY_COUNT) if family not in PLAYING]
    assert (result[:, others].max(axis=1) <= result[:, PLAYING].max(axis=1)).all()


def test_one_family_alone_and_few_notes_are_left_as_they_are() -> None:
    likely, timbre = notes()
    alone = np.full(len(likely), PLAYING[0])
    assert follow_timbre(likely, alone, timbre, np.full(len(likely), 60)) is likely
    few = slice(FEWEST_NOTES - 1)
    chosen = likely[few].argmax(axis=1)
    assert (follow_timbre(likely[few], chosen, timbre[few], np.full(FEWEST_NOTES - 1, 60)) == likely[few]).all()


def test_timbres_that_say_nothing_change_no_name() -> None:
    likely, timbre = notes()
    assert (followed(likely, np.zeros_like(timbre)) == likely.argmax(axis=1)).all()


def test_pitch_alone_parts_two_instruments() -> None:
    likely, timbre = notes(wrong=20, apart=0.0)
    pitch = np.where(np.arange(len(likely)) % 2, 84, 36)
    result = follow_timbre(likely, likely.argmax(axis=1), np.zeros_like(timbre), pitch)
    assert (result.argmax(axis=1) == np.array(PLAYING)[np.arange(len(likely)) % 2]).all()
