"""What is counted of a recording is what it was when the shipped weights of the beat finder were fitted to it.

The stored numbers are those of that day. A change that moves them makes the weights wrong: fit these again first
(`python -m mp3tomidi.train.rhythm`), then store the new numbers with `pytest --force-regen`.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_regressions.ndarrays_regression import NDArraysRegressionFixture

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.candidates import BAR_BEATS, candidates_of
from mp3tomidi.transcribe.rhythm.correction import features
from mp3tomidi.transcribe.rhythm.course import course_of
from mp3tomidi.transcribe.rhythm.evidence import evidence_of
from mp3tomidi.transcribe.rhythm.explanations import explanations_of
from mp3tomidi.transcribe.rhythm.tracking import tracked

NEAR = {"rtol": 1e-4, "atol": 1e-5}
DURATION_S = 64.0


def song() -> tuple[list[Note], list[DrumHit]]:
    """A minute in 4/4 whose tempo wanders from 104 on: chords, a bass, a melody with rests, a kit with fills."""
    rng = np.random.default_rng(11)
    beats_s = 0.37 + np.cumsum(60.0 / 104.0 * np.exp(0.04 * np.sin(np.arange(108) / 9.0)))
    beats_s = beats_s[beats_s < DURATION_S - 2.0]

    def at_s(beat: float) -> float:
        return float(np.interp(beat, np.arange(len(beats_s)), beats_s) + rng.normal(0.0, 0.009))

    notes, hits = [], []
    for beat in range(len(beats_s) - 1):
        root = (0, 0, 5, 7)[beat // 4 % 4]
        if beat % 2 == 0:
            notes.append(Note(at := at_s(beat), at + 0.5, 36 + root, int(rng.integers(60, 100))))
        if beat % 4 == 0:
            at = at_s(beat)
            notes += [Note(at + 0.004 * k, at + 2.0, 60 + root + step, 70) for k, step in enumerate((0, 4, 7))]
        notes += [
            Note(
                at := at_s(beat + part),
                at + rng.uniform(0.1, 0.6),
                72 + int(rng.integers(0, 12)),
                int(rng.integers(50, 110)),
            )
            for part in (0.0, 0.5, 0.75)
            if rng.random() < 0.5
        ]
        hits.append(DrumHit(at_s(beat), 36 if beat % 2 == 0 else 38, int(rng.integers(70, 120))))
        hits += [DrumHit(at_s(beat + part), 42, int(rng.integers(40, 80))) for part in (0.0, 0.5)]
        if beat % 16 == 15:
            hits += [DrumHit(at_s(beat + part), 45, 90) for part in (0.25, 0.5, 0.75)] + [
                DrumHit(at_s(beat + 1), 49, 100)
            ]
    return sorted(notes), sorted(hits)


@pytest.fixture(scope="module")
def played() -> tuple[list[Note], list[DrumHit]]:
    return song()


def some(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return values[:: max(1, len(values) // count)]


@pytest.mark.parametrize("which", ["all", "notes", "drums"])
def test_the_evidence_and_the_course_of_the_beat(
    played: tuple[list[Note], list[DrumHit]], which: str, ndarrays_regression: NDArraysRegressionFixture
) -> None:
    notes, hits = played[0] if which != "drums" else [], played[1] if which != "notes" else []
    evidence = evidence_of(notes, hits)
    course = course_of(notes, hits, DURATION_S)
    ndarrays_regression.check(
        {
            "time_s": some(evidence.time_s, 100),
            "strength": some(evidence.strength, 100),
            "pitch_classes": some(evidence.pitch_classes, 100),
            "course": course.position(np.arange(0.0, DURATION_S, 1.0)),
        },
        default_tolerance=NEAR,
    )


@pytest.mark.parametrize("which", ["all", "notes", "drums"])
def test_the_candidates_and_what_they_explain(
    played: tuple[list[Note], list[DrumHit]], which: str, ndarrays_regression: NDArraysRegressionFixture
) -> None:
    notes, hits = played[0] if which != "drums" else [], played[1] if which != "notes" else []
    evidence = evidence_of(notes, hits)
    beats = np.arange(0, 110)
    beats_s = 0.37 + np.cumsum(60.0 / 104.0 * np.exp(0.04 * np.sin(beats / 9.0)))
    candidates = candidates_of(evidence, np.interp(evidence.time_s, beats_s, beats), 60.0 / 104.0)
    found = explanations_of(candidates)
    table = features(
        {bar: np.stack([one.on_beats[bar] for one in candidates]) for bar in BAR_BEATS},
        np.stack([one.between for one in candidates]),
        np.stack([one.extras for one in candidates]),
    )
    names = ("probability", "ratio", "phase", "beat_s", "first_downbeat", "score")
    ndarrays_regression.check(
        {
            "candidates": np.array([(one.ratio, one.phase, one.beat_s) for one in candidates]),
            "features": some(table, 12),
            "on_beats": np.concatenate([one.on_beats[bar] for one in candidates[::9] for bar in BAR_BEATS], axis=1),
            "explanations": np.array([[getattr(one, name) for name in names] for one in found]),
            "metres": np.array([(one.metre.numerator, one.metre.denominator) for one in found]),
        },
        default_tolerance=NEAR,
    )


def test_the_chain_of_onsets(
    played: tuple[list[Note], list[DrumHit]], ndarrays_regression: NDArraysRegressionFixture
) -> None:
    evidence = evidence_of(*played)
    course = tracked(evidence.time_s, evidence.strength.sum(axis=1), 0.55, DURATION_S)
    assert course is not None
    ndarrays_regression.check({"known_s": course.known_s, "known": course.known}, default_tolerance=NEAR)
