"""Octave doublings and fast repeats: how many passages get them, and what they do to the notes."""

import numpy as np

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.music import ornaments
from mp3tomidi.augment.music.ornaments import OCTAVES_SHARE, REPEAT_STEP_S, REPEATS_SHARE, ornament

LINE = np.array([(0, 0.5 * i, 0.5 * i + 0.45, 60 + i, 80, 0) for i in range(8)], NOTE)


def test_most_passages_stay_as_they_are() -> None:
    changed = [ornament(np.random.default_rng(seed), LINE, 21, 108, 8.0) is not LINE for seed in range(600)]
    assert abs(np.mean(changed) - OCTAVES_SHARE - REPEATS_SHARE) < 0.04


def test_octaves_are_added_above_and_what_was_there_stays() -> None:
    for seed in range(20):
        both = ornaments._in_octaves(np.random.default_rng(seed), LINE)
        assert (both[: len(LINE)] == LINE).all()
        added = both[len(LINE) :]
        below = LINE[np.searchsorted(LINE["onset_s"], added["onset_s"])]
        assert set(np.unique(added["pitch"] - below["pitch"])) in ({12}, {24}, set())


def test_octaves_stay_within_the_instruments_range() -> None:
    for seed in range(200):
        played = ornament(np.random.default_rng(seed), LINE, 55, 70, 8.0)
        assert played["pitch"].min() >= 55
        assert played["pitch"].max() <= 70


def test_repeats_fill_a_note_at_one_speed() -> None:
    seen = False
    for seed in range(20):
        repeated = ornaments._repeated(np.random.default_rng(seed), LINE)
        for note in LINE:
            struck = repeated[repeated["pitch"] == note["pitch"]]
            if len(struck) == 1:
                assert struck[0] == note
                continue
            seen = True
            steps_s = np.diff(struck["onset_s"])
            assert np.allclose(steps_s, steps_s[0], atol=1e-5)
            assert REPEAT_STEP_S[0] <= steps_s[0] <= REPEAT_STEP_S[1]
            assert (struck["offset_s"][:-1] < struck["onset_s"][1:]).all()
            assert struck["offset_s"][-1] <= note["offset_s"] + 1e-5
    assert seen


def test_nothing_to_ornament_is_nothing() -> None:
    assert len(ornament(np.random.default_rng(0), LINE[:0], 21, 108, 8.0)) == 0
