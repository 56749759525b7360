"""Calibrated probabilities against the shares of notes that are right, as train/EXPERIMENTS.md has them."""

from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe.notes import calibration


def test_what_the_judge_gives_is_taken_to_the_power_of_1_3() -> None:
    given = np.array([0.0, 0.25, 0.45, 1.0], np.float32)
    np.testing.assert_allclose(calibration.of_candidates(given), [0.0, 0.16494, 0.35414, 1.0], atol=1e-5)


@pytest.mark.parametrize(("sounding", "right"), [(0.55, 0.30), (0.65, 0.33), (0.76, 0.53), (0.86, 0.62), (0.94, 0.77)])
def test_a_line_is_as_sure_as_its_notes_are_right(sounding: float, right: float) -> None:
    assert calibration.of_line(np.array([sounding]))[0] == pytest.approx(right, abs=0.09)


def test_a_line_is_never_certain() -> None:
    unsure, sure = calibration.of_line(np.array([0.0, 1.0]))
    assert 0.0 < unsure < 0.01
    assert 0.97 < sure < 1.0


@pytest.mark.parametrize(
    ("aperiodicity", "over_db", "length_s", "level_db", "right"),
    [(0.002, 20.0, 0.4, -3.0, 0.99), (0.01, 0.0, 0.15, -10.0, 0.65), (0.03, -20.0, 0.1, -29.0, 0.0)],
)
def test_a_sub_bass_is_as_sure_as_such_notes_were_right(
    aperiodicity: float, over_db: float, length_s: float, level_db: float, right: float
) -> None:
    of_one = (np.array([value]) for value in (aperiodicity, over_db, length_s, level_db))
    assert calibration.of_sub_bass(*of_one)[0] == pytest.approx(right, abs=0.07)
