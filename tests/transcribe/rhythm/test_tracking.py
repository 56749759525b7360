from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe.rhythm.tracking import tracked


def rubato(count: int = 80) -> np.ndarray:
    """Beats whose tempo swings by a fifth to either side within seconds."""
    beat = np.arange(count)
    return 0.4 + np.concatenate([[0.0], np.cumsum(0.6 * np.exp(0.18 * np.sin(2 * np.pi * beat / 11)))])[:-1]


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_beats_are_followed_through_rubato(missing: float) -> None:
    rng = np.random.default_rng(4)
    beats_s = rubato()
    between_s = beats_s[:-1] + 0.5 * np.diff(beats_s)
    kept = rng.random(len(beats_s)) >= missing
    time_s = np.concatenate([beats_s[kept], between_s]) + rng.normal(0.0, 0.008, kept.sum() + len(between_s))
    strong = np.concatenate([np.full(kept.sum(), 2.0), np.full(len(between_s), 1.0)])
    order = np.argsort(time_s)
    course = tracked(time_s[order], strong[order], 0.6, float(beats_s[-1]) + 1.0)
    assert course is not None
    found_s = course.time_s(np.arange(np.ceil(course.known[0]), course.known[-1]))
    off_s = np.abs(beats_s[:, None] - found_s).min(axis=1)
    assert np.mean(off_s < 0.07) > 0.95
    assert len(found_s) == pytest.approx(len(beats_s), abs=3)


def test_onsets_that_are_no_chain_have_no_course() -> None:
    assert tracked(np.array([0.0, 5.0, 10.0]), np.ones(3), 0.5, 12.0) is None
