from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe.events import DrumHit
from mp3tomidi.transcribe.rhythm.candidates import EXTRAS, PLACES, candidates_of
from mp3tomidi.transcribe.rhythm.course import Course, steady_course
from mp3tomidi.transcribe.rhythm.evidence import KINDS, evidence_of
from mp3tomidi.transcribe.rhythm.explanations import Explanation, explanations_of
from mp3tomidi.transcribe.rhythm.metres import METRES
from mp3tomidi.transcribe.rhythm.scoring import MetreWeights, scores, shipped_weights

KICK = KINDS.index("kick")


def weights(of_downbeat: float) -> list[MetreWeights]:
    """A kick is wanted on the first beat of every bar, and nothing else counts."""
    found = []
    for metre in METRES:
        on_beats = np.zeros((len(KINDS), metre.beats))
        on_beats[KICK, 0] = of_downbeat
        found.append(MetreWeights(on_beats, np.zeros((len(KINDS), len(PLACES) - 1)), np.zeros(len(EXTRAS))))
    return found


def kicks_every(beats: int) -> list[DrumHit]:
    hits = [DrumHit(0.5 * beat, 36 if beat % beats == 1 else 42, 90) for beat in range(60)]
    return sorted(hits)


@pytest.mark.parametrize("beats", [3, 4])
def test_the_first_beat_of_a_bar_is_where_the_weights_want_it(beats: int) -> None:
    evidence = evidence_of((), kicks_every(beats))
    candidates = candidates_of(evidence, evidence.time_s / 0.5, 0.5, ratios=(1.0,))
    of_metre = dict(zip([metre.name for metre in METRES], scores(candidates, weights(8.0)), strict=True))
    score = of_metre["3/4 in 2 (3)" if beats == 3 else "4/4 in 2 (2+2)"]
    candidate, first = np.unravel_index(score.argmax(), score.shape)
    assert first == 1
    assert abs(candidates[candidate].phase) < 0.05


def test_two_bars_of_6_8_are_likelier_than_one_of_12_8_where_nothing_else_decides() -> None:
    evidence = evidence_of((), kicks_every(4))
    candidates = candidates_of(evidence, evidence.time_s / 0.5, 0.5, ratios=(1.0,))
    of_metre = dict(zip([metre.name for metre in METRES], scores(candidates, weights(0.0)), strict=True))
    assert of_metre["6/8 in 3 (2)"].min() > of_metre["12/8 in 3 (2+2)"].max() + 1.0


def test_probabilities_of_explanations_add_up_to_at_most_one_and_fall() -> None:
    evidence = evidence_of((), kicks_every(4))
    candidates = candidates_of(evidence, evidence.time_s / 0.5, 0.5)
    found = explanations_of(candidates, weights(4.0))
    likely = [explanation.probability for explanation in found]
    assert likely == sorted(likely, reverse=True)
    assert 0.0 < sum(likely) <= 1.0 + 1e-9


def test_beats_of_an_explanation_follow_the_course() -> None:
    course = Course(np.array([0.0, 10.0, 16.0]), np.array([0.0, 10.0, 22.0]))  # a beat a second, then two
    explanation = Explanation(1.0, METRES[0], 2.0, 0.5, 0.4, 3, 0.0)
    times_s = explanation.times_s(course)
    assert times_s[:3] == pytest.approx([0.25, 0.75, 1.25])
    assert np.diff(times_s)[-3:] == pytest.approx([0.25] * 3)


def test_of_a_given_tempo_only_beats_that_suit_the_metre_count() -> None:
    evidence = evidence_of((), kicks_every(4))
    course = steady_course(0.5, 30.0)
    candidates = candidates_of(evidence, course.position(evidence.time_s), course.beat_s, (2 / 3, 1.0, 2.0))
    for found in explanations_of(candidates, weights(1.0), quarters=True):
        assert found.ratio == 1.0 or found.ratio * found.metre.beat_quarters == pytest.approx(1.0)


def test_the_shipped_weights_are_for_these_metres_and_kinds() -> None:
    shipped = shipped_weights()
    assert len(shipped) == len(METRES)
    assert all(
        weight.on_beats.shape == (len(KINDS), metre.beats) for weight, metre in zip(shipped, METRES, strict=True)
    )


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="wrong shapes"):
        MetreWeights(np.zeros((2, 4)), np.zeros((2, 7)), np.zeros(3))
