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
from mp3tomidi.transcribe.rhythm import paths
from mp3tomidi.transcribe.rhythm.beats import Beats
from mp3tomidi.transcribe.rhythm.candidates import BAR_BEATS, candidates_of
from mp3tomidi.transcribe.rhythm.correction import features
from mp3tomidi.transcribe.rhythm.course import course_of
from mp3tomidi.transcribe.rhythm.evidence import evidence_of
from mp3tomidi.transcribe.rhythm.explanations import explanations_of
from mp3tomidi.transcribe.rhythm.metres import Metre
from mp3tomidi.transcribe.rhythm.patterns import events_of, onset_log_rates
from mp3tomidi.transcribe.rhythm.quantisation import quantise
from mp3tomidi.transcribe.rhythm.tempo_map import tempo_map
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


@pytest.mark.parametrize("seed", range(4))
def test_chains_and_courses_of_onsets_at_random(seed: int, ndarrays_regression: NDArraysRegressionFixture) -> None:
    """Where nothing is clear, all that is weighed counts."""
    rng = np.random.default_rng(seed)
    time_s = np.cumsum(rng.choice([0.13, 0.26, 0.4, 0.55], 150) * rng.uniform(0.8, 1.2, 150))
    course = tracked(time_s, rng.uniform(0.1, 3.0, 150), 0.5, float(time_s[-1]) + 1.0)
    assert course is not None
    notes = [Note(float(t), float(t) + 0.2, int(rng.integers(30, 90)), int(rng.integers(20, 120))) for t in time_s]
    windows = course_of(notes, [], float(time_s[-1]) + 1.0)
    ndarrays_regression.check(
        {"chain": course.position(time_s), "windows": windows.position(time_s)}, default_tolerance=NEAR
    )


def test_how_well_tempos_and_places_in_the_bar_fit(
    played: tuple[list[Note], list[DrumHit]], ndarrays_regression: NDArraysRegressionFixture
) -> None:
    """What the paths are found by; they themselves hide small changes of it."""
    events = events_of(*played)
    centre_s = np.arange(1.25, DURATION_S, 2.5)
    phases = paths._phase_fits(events, centre_s, np.linspace(0.4, 0.8, len(centre_s)))
    tempo_at_s, beat_s = paths._tempo_path(events_of(played[0], []), DURATION_S)
    ndarrays_regression.check(
        {
            "tempos": paths._tempo_fits(events, centre_s)[::3, ::4],
            "phases": phases[::3, ::6],
            "rates": onset_log_rates(np.array([0.3, 0.55, 1.1]))[:, :, ::8],
            "path": np.stack([tempo_at_s, beat_s]),
        },
        default_tolerance=NEAR,
    )


@pytest.mark.parametrize("swung", [False, True])
def test_notes_at_random_on_the_grid(swung: bool, ndarrays_regression: NDArraysRegressionFixture) -> None:
    rng = np.random.default_rng(12)
    beats_s = np.cumsum(rng.uniform(0.45, 0.55, 40))
    places = (
        rng.choice([0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4], 200) + rng.integers(-2, 42, 200) + rng.normal(0, 0.03, 200)
    )
    onsets_s = np.interp(places, np.arange(40), beats_s) + np.minimum(places, 0.0) * 0.5
    lengths_s = rng.choice([0.05, 0.12, 0.2, 0.45, 1.1, 2.3], 200) * rng.uniform(0.8, 1.2, 200)
    notes = [
        Note(float(t), float(t + length_s), int(rng.integers(36, 86)), 70)
        for t, length_s in zip(onsets_s, lengths_s, strict=True)
        if t > 0.0
    ]
    written = quantise(notes, beats_s.tolist(), swung=swung)
    rows = [(note.onset, note.duration, note.pitch, note.staff, note.voice) for note in written.notes]
    ndarrays_regression.check({"notes": np.array(rows), "triplets": np.array(sorted(written.triplet_beats))})


@pytest.mark.parametrize("metre", [Metre(4, 4, (4,)), Metre(6, 8, (2,), 3)], ids=["4/4", "6/8"])
def test_tempo_maps_of_beats_at_random(metre: Metre, ndarrays_regression: NDArraysRegressionFixture) -> None:
    rng = np.random.default_rng(13)
    found = []
    for wander, lead_s in ((0.0, 0.09), (0.004, 0.33), (0.02, 0.71), (0.06, 1.4)):
        beats_s = lead_s + np.cumsum(0.55 * np.exp(np.cumsum(rng.normal(0.0, wander, 70)))) + rng.normal(0.0, 0.008, 70)
        tempo, bars = tempo_map(Beats(beats_s, metre, 1, gain=1.0))
        found += [(change.time_s, change.beats_per_minute) for change in tempo]
        found += [(bar.time_s, bar.beats_per_bar) for bar in bars]
    ndarrays_regression.check({"changes": np.array(found)}, default_tolerance=NEAR)
