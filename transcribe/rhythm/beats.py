"""Finds the beat in what was transcribed: when beats fall, in which metre, and which of them begins a bar.

A recording's onsets are first followed through its time (`course`), on whatever level of the beat that is easiest.
All simple ratios of this course, each from where onsets gather (`candidates`), counted in every metre from every beat,
are then compared as whole explanations of the recording (`explanations`): by where kicks, snares, basses, chords,
changes of harmony, long notes and accents would lie in a bar (`evidence`), by how alike bars would be, and by which
tempos are usual. The likeliest is taken; the others are kept with their probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.candidates import RATIOS, candidates_of
from mp3tomidi.transcribe.rhythm.course import Course, course_of, steady_course
from mp3tomidi.transcribe.rhythm.evidence import TOGETHER_S, Evidence, evidence_of
from mp3tomidi.transcribe.rhythm.explanations import ANY, Explanation, Limits, explanations_of
from mp3tomidi.transcribe.rhythm.metres import Metre
from mp3tomidi.transcribe.rhythm.paths import FASTEST_BEAT_S, SLOWEST_BEAT_S
from mp3tomidi.transcribe.rhythm.patterns import events_of, onset_log_rates, slots_of
from mp3tomidi.transcribe.rhythm.tracking import tracked

FEWEST_GAPS = 7  # between onsets
STEADY_S, STEADY_SHARE = 0.03, 0.9  # so many beats of a steady recording are so near to a straight line
MOST_RETRACKED = 2  # tempos whose beats are followed again in one that is not steady
# A given tempo is of what is tapped, or of quarters where the beat is a dotted quarter or an eighth.
RATIOS_OF_GIVEN_TEMPO = (2 / 3, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats from the first to the last in a recording, also where nothing is played on them."""

    times_s: NDArray[np.float64]
    metre: Metre
    first_downbeat: int
    """Index of the first beat that begins a bar."""
    gain: float
    """By how much likelier (mean natural logarithm) the events are than if there were no beat."""
    explanations: tuple[FoundExplanation, ...] = ()
    """What the beats may be, the likeliest first, which is the one given here."""


@dataclass(frozen=True, slots=True)
class FoundExplanation:
    """One way to count a recording's beats."""

    probability: float
    metre: Metre
    beats_per_minute: float
    """Of the metre's beats; the median over the recording."""
    first_bar_s: float


def find_beats(
    notes: Sequence[Note], drum_hits: Sequence[DrumHit], duration_s: float, limits: Limits = ANY
) -> Beats | None:
    """The beats of a recording; None where there are too few events to tell, or no beats are within limits."""
    if not _can_tell(notes, drum_hits, duration_s, FASTEST_BEAT_S):
        return None
    course = course_of(notes, drum_hits, duration_s)
    return _explained(notes, drum_hits, course, RATIOS, limits) if course.beat_count >= 2 else None


def beats_at(
    beats_per_minute: float,
    notes: Sequence[Note],
    drum_hits: Sequence[DrumHit],
    duration_s: float,
    signature: str | None = None,
) -> Beats | None:
    """The beats of a recording that keeps a tempo which is known: where they fall, and the bars.

    signature: of the bars, if that is known, too.

    None where there are too few events to tell, or the tempo is none that beats are looked for at.
    """
    beat_s = 60.0 / beats_per_minute
    if not FASTEST_BEAT_S <= beat_s <= SLOWEST_BEAT_S or not _can_tell(notes, drum_hits, duration_s, beat_s):
        return None
    limits = Limits(signature=signature)
    return _explained(notes, drum_hits, steady_course(beat_s, duration_s), RATIOS_OF_GIVEN_TEMPO, limits)


def _explained(
    notes: Sequence[Note], drum_hits: Sequence[DrumHit], course: Course, ratios: tuple[float, ...], limits: Limits
) -> Beats | None:
    evidence = evidence_of(notes, drum_hits)
    given = ratios is RATIOS_OF_GIVEN_TEMPO
    explanations = _explanations(evidence, course, ratios, limits, given=given)
    if not explanations:
        return None
    if not given and not _is_steady(explanations[0].times_s(course)):
        course, explanations = _retracked(evidence, course, explanations, limits)
    best = explanations[0]
    times_s = best.times_s(course)
    if len(times_s) < 2:
        return None
    first_downbeat = (best.first_downbeat - best.first_beat(course)) % best.metre.beats
    alternatives = tuple(_found(explanation, course) for explanation in explanations)
    return Beats(times_s, best.metre, first_downbeat, _gain(notes, drum_hits, course), alternatives)


def _explanations(
    evidence: Evidence, course: Course, ratios: tuple[float, ...], limits: Limits, *, given: bool
) -> tuple[Explanation, ...]:
    candidates = candidates_of(evidence, course.position(evidence.time_s), course.beat_s, ratios)
    return explanations_of(candidates, quarters=given, limits=limits) if candidates else ()


def _is_steady(times_s: NDArray[np.float64]) -> bool:
    """Whether beats lie on a straight line but for few exceptions."""
    number = np.arange(len(times_s))
    line = np.polynomial.Polynomial.fit(number, times_s, 1)(number) if len(times_s) > 2 else times_s
    return bool(np.mean(np.abs(times_s - line) < STEADY_S) >= STEADY_SHARE)


def _retracked(
    evidence: Evidence, course: Course, explanations: tuple[Explanation, ...], limits: Limits
) -> tuple[Course, tuple[Explanation, ...]]:
    """The course and explanations along chains of onsets, if they explain more than those of a course by windows."""
    best = course, explanations
    lengths_s = list(dict.fromkeys(explanation.beat_s for explanation in explanations))
    for beat_s in lengths_s[:MOST_RETRACKED]:
        chained = tracked(evidence.time_s, evidence.strength.sum(axis=1), beat_s, float(course.known_s[-1]))
        if chained is None or chained.beat_count < 2:
            continue
        found = _explanations(evidence, chained, RATIOS, limits, given=False)
        if found and found[0].score > best[1][0].score:
            best = chained, found
    return best


def _found(explanation: Explanation, course: Course) -> FoundExplanation:
    first = (explanation.first_downbeat - explanation.first_beat(course)) % explanation.metre.beats
    times_s = explanation.times_s(course)
    first_bar_s = float(times_s[min(first, len(times_s) - 1)]) if len(times_s) else 0.0
    return FoundExplanation(explanation.probability, explanation.metre, 60.0 / explanation.beat_s, first_bar_s)


def _can_tell(notes: Sequence[Note], drum_hits: Sequence[DrumHit], duration_s: float, beat_s: float) -> bool:
    time_s = np.sort([event.onset_s for events in (notes, drum_hits) for event in events])
    return int(np.count_nonzero(np.diff(time_s) > TOGETHER_S)) >= FEWEST_GAPS and duration_s >= 4 * beat_s


def _gain(notes: Sequence[Note], drum_hits: Sequence[DrumHit], course: Course) -> float:
    """The mean log likelihood of the events against no beat at all, at the best place in a bar of the course."""
    events = events_of(notes, drum_hits)
    (log_rates,) = onset_log_rates(np.array([course.beat_s]))
    held = np.zeros_like(log_rates)
    np.add.at(held, (events.kind, slots_of(course.position(events.time_s))), events.weight / events.weight.sum())
    product = (np.fft.rfft(held, axis=1) * np.fft.rfft(log_rates, axis=1).conj()).sum(axis=0)
    return float(np.fft.irfft(product, n=log_rates.shape[1]).max())
