from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe.events import DrumHit
from mp3tomidi.transcribe.rhythm.candidates import BAR_BEATS, EXTRAS, PLACES, Candidate, candidates_of
from mp3tomidi.transcribe.rhythm.evidence import KINDS, evidence_of

BEAT_S = 0.5
KICK, SNARE, CYMBAL = (KINDS.index(kind) for kind in ("kick", "snare", "cymbal"))


def rock(bars: int = 10) -> list[DrumHit]:
    """Kick on the first and third beats of four, snare on the others, hats in eighths."""
    hits = [DrumHit(BEAT_S * beat, (36, 38)[beat % 2], 90) for beat in range(4 * bars)]
    return sorted(hits + [DrumHit(BEAT_S / 2 * eighth, 42, 70) for eighth in range(8 * bars)])


def test_where_the_evidence_lies_in_a_bar() -> None:
    evidence = evidence_of((), rock())
    found = candidates_of(evidence, evidence.time_s / BEAT_S, BEAT_S, ratios=(1.0,))
    (on_beats,) = [candidate for candidate in found if abs(candidate.phase) < 0.05]
    shares = on_beats.on_beats[4]
    few = 20 / 24  # of twenty hits, beside as many as say little
    assert shares[KICK] == pytest.approx([few / 2, 0.0, few / 2, 0.0], abs=0.02)
    assert shares[SNARE] == pytest.approx([0.0, few / 2, 0.0, few / 2], abs=0.02)
    assert on_beats.between[CYMBAL, list(PLACES).index(0.5) - 1] == pytest.approx(40 / 84, abs=0.02)
    extras = dict(zip(EXTRAS, on_beats.extras, strict=True))
    assert extras["beats struck"] == pytest.approx(1.0, abs=0.03)  # the last hat is nearer to a beat that is not there
    assert extras["halves struck"] == pytest.approx(1.0, abs=0.03)
    assert extras["rhythm after 2"] > extras["rhythm after 1"] + 0.1
    assert extras["tempo"] == pytest.approx(np.log2(120 / 110))


def test_candidates_begin_wherever_onsets_gather() -> None:
    evidence = evidence_of((), rock())
    found = candidates_of(evidence, evidence.time_s / BEAT_S, BEAT_S)
    places = {(candidate.ratio, round(candidate.phase % 1.0 * 4) / 4 % 1.0) for candidate in found}
    assert {(1.0, 0.0), (1.0, 0.5), (2.0, 0.0), (0.5, 0.0), (0.5, 0.25), (0.5, 0.5), (0.5, 0.75)} <= places
    assert all(38 <= 60 / candidate.beat_s <= 380 for candidate in found)


def test_a_candidate_half_a_beat_off_sees_the_backbeat_between_its_beats() -> None:
    evidence = evidence_of((), rock())
    found = candidates_of(evidence, evidence.time_s / BEAT_S, BEAT_S, ratios=(1.0,))
    (off,) = [candidate for candidate in found if abs(candidate.phase % 1.0 - 0.5) < 0.05]
    assert off.on_beats[4][SNARE].sum() < 0.02
    assert off.between[SNARE, list(PLACES).index(0.5) - 1] > 0.8


def clicks(*, between: float = 0.0, beat_s: float = 0.5, struck: float = 0.9, alike: float = 0.9) -> Candidate:
    """Beats that make up the evidence but for a share of it that lies between them."""
    extras = np.zeros(len(EXTRAS))
    extras[[EXTRAS.index("beats struck"), EXTRAS.index("rhythm after 1")]] = struck, alike
    on_beats = {BAR_BEATS[0]: np.array([[0.5 - 0.5 * between, 0.5 - 0.5 * between]])}
    return Candidate(1.0, 0.0, beat_s, on_beats, np.array([[between]]), extras)


@pytest.mark.parametrize("others", [{}, {"between": 0.0385}, {"beat_s": 60 / 46}, {"beat_s": 60 / 239}])
def test_a_pulse_is_bare_where_nothing_lies_between_its_beats(others: dict[str, float]) -> None:
    assert clicks(**others).is_bare_pulse


@pytest.mark.parametrize(
    "others", [{"between": 0.042}, {"beat_s": 60 / 44}, {"beat_s": 60 / 241}, {"struck": 0.75}, {"alike": 0.65}]
)
def test_other_beats_are_no_bare_pulse(others: dict[str, float]) -> None:
    assert not clicks(**others).is_bare_pulse
