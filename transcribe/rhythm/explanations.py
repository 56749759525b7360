"""Compares explanations of a recording's beats: a tempo, where the beats lie, a metre and where its bars begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.rhythm.candidates import Candidate
from mp3tomidi.transcribe.rhythm.correction import shipped_correction
from mp3tomidi.transcribe.rhythm.course import Course
from mp3tomidi.transcribe.rhythm.metres import METRES, Metre
from mp3tomidi.transcribe.rhythm.scoring import MetreWeights, scores, shipped_weights

MOST_EXPLANATIONS = 5
LEAST_COUNTED = 3e-3  # what is less likely is not looked at
LEAST_PROBABILITY = 0.02
SAME_TEMPO = 0.03  # relative
SAME_PLACE = 0.15  # beats


@dataclass(frozen=True, slots=True)
class Limits:
    """What is known of the beats: others are left out, however likely they are.

    slowest, fastest: in beats a minute as they are tapped, which are quarters in 7/8 and dotted ones in 6/8.
    signature: as `Metre` writes it; None for any.
    """

    slowest: float = 0.0
    fastest: float = float("inf")
    signature: str | None = None

    def allow(self, metre: Metre, beat_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of some lengths of a metre's beat are within the limits."""
        tapped = 60.0 / beat_s * min(1.0, metre.beat_quarters)
        known = self.signature is None or metre.signature == self.signature
        return (tapped >= self.slowest) & (tapped <= self.fastest) & known


ANY = Limits()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Beat number k of a recording, from 0 on, is at position (k + phase) / ratio of its course."""

    probability: float
    metre: Metre
    ratio: float
    phase: float
    beat_s: float  # median
    first_downbeat: int  # number of the first beat that begins a bar
    score: float  # logarithm of how well it explains the evidence, up to a constant that is the same for all courses

    def times_s(self, course: Course) -> NDArray[np.float64]:
        """The times of the beats that lie in the course, the first of them number `first_beat`."""
        at = np.arange(self.first_beat(course), np.floor(course.known[-1] * self.ratio - self.phase) + 1)
        return course.time_s((at + self.phase) / self.ratio)

    def first_beat(self, course: Course) -> int:
        """The number of the first beat in the course, which may be before 0."""
        return int(np.ceil(course.known[0] * self.ratio - self.phase))

    def bar_phase(self) -> float:
        """Where bars begin on the course, in bars: their position on it, modulo 1."""
        return (self.first_downbeat + self.phase) / self.metre.beats % 1.0


def explanations_of(
    candidates: Sequence[Candidate],
    weights: Sequence[MetreWeights] | None = None,
    *,
    quarters: bool = False,
    limits: Limits = ANY,
) -> tuple[Explanation, ...]:
    """The likeliest explanations within limits, likeliest first, those that say the same counted together.

    quarters: the course is one of quarters, so that only such ratios to it count as each metre's beat has.
    Probabilities are those without the limits: that of a metre that the music contradicts stays small.
    """
    found = scores(candidates, weights) if weights is not None else _shipped_scores(candidates)
    ratio = np.array([candidate.ratio for candidate in candidates])
    beat_s = np.array([candidate.beat_s for candidate in candidates])
    bare = np.array([candidate.is_bare_pulse for candidate in candidates])
    for metre, score in zip(METRES, found, strict=True):
        if quarters:
            tapped = (ratio == 1.0) & (metre.beat_quarters >= 1.0)
            score[~(tapped | np.isclose(ratio * metre.beat_quarters, 1.0))] = -np.inf
        elif bare.any():
            score[~bare | (metre.division != 2) | (metre.denominator != 4)] = -np.inf
    total = _log_sum(found)
    for metre, score in zip(METRES, found, strict=True):
        score[~limits.allow(metre, beat_s)] = -np.inf
    allowed = _log_sum(found)
    if not np.isfinite(allowed):
        return ()
    share = float(np.exp(allowed - total))
    all_found = []
    for metre, score in zip(METRES, found, strict=True):
        likely = np.exp(score - allowed)
        for number, first in zip(*np.nonzero(likely > LEAST_COUNTED), strict=True):
            chosen = candidates[number]
            all_found.append(
                Explanation(
                    float(likely[number, first]) * share,
                    metre,
                    chosen.ratio,
                    chosen.phase,
                    chosen.beat_s,
                    int(first),
                    float(score[number, first]),
                )
            )
    all_found.sort(key=lambda explanation: -explanation.probability)
    return _joined(all_found, LEAST_PROBABILITY * share)


def _shipped_scores(candidates: Sequence[Candidate]) -> list[NDArray[np.float64]]:
    """The scores of `scoring` with what `correction` adds."""
    correction = shipped_correction()
    added = correction.of(candidates)
    corrected = []
    for number, score in enumerate(scores(candidates, shipped_weights())):
        begins = np.where(np.arange(score.shape[1]) == 0, correction.begins[number], 0.0)
        corrected.append(score + added[:, number, None] + begins)
    return corrected


def _log_sum(found: Sequence[NDArray[np.float64]]) -> float:
    """The logarithm of the sum of what all scores are logarithms of."""
    top = max(float(score.max()) for score in found)
    return top + float(np.log(sum(float(np.exp(score - top).sum()) for score in found))) if top > -np.inf else top


def _joined(found: Sequence[Explanation], least: float) -> tuple[Explanation, ...]:
    """Explanations whose tempo, signature and bars agree, as one with the sum of their probabilities.

    least: what is less probable is left out, but for the likeliest.
    """
    groups: list[list[Explanation]] = []
    for explanation in found:
        for group in groups:
            if _same(group[0], explanation):
                group.append(explanation)
                break
        else:
            groups.append([explanation])
    joined = []
    for group in groups:
        first = group[0]
        probability = sum(explanation.probability for explanation in group)
        joined.append(replace(first, probability=probability))
    joined.sort(key=lambda explanation: -explanation.probability)
    return tuple(joined[:1] + [other for other in joined[1:MOST_EXPLANATIONS] if other.probability >= least])


def _same(one: Explanation, other: Explanation) -> bool:
    if one.metre.numerator != other.metre.numerator or one.metre.denominator != other.metre.denominator:
        return False
    if abs(np.log(one.ratio / other.ratio)) > SAME_TEMPO:
        return False
    apart = (one.bar_phase() - other.bar_phase() + 0.5) % 1.0 - 0.5
    return abs(apart) * one.metre.beats < SAME_PLACE
