"""From beats to a tempo map under which beats are quarters and bar lines fall on the estimated downbeats.

A steady recording gets one tempo, and where a whole or half number of beats a minute explains its beats as well as they
were measured, that number: it was played to a click. Where the tempo moves, it is followed in as few straight sections
as keep every beat within `TOLERANCE_S` of its estimated time. The map's beats are a whole number of microseconds long,
as a MIDI file states them, so that they stay on their ticks however long the recording is.

A recording seldom begins on a beat. What comes before the first one is a sixteenth, an eighth or whole beats, whichever
takes a tempo nearest to the song's, so that the file begins with a whole bar or with a short one. A steady recording
that needs hardly another tempo for that gets none. Elsewhere the song's own tempo is stated before it, for a moment,
because many programs take the first tempo of a file as that of all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import (
    FASTEST_BEATS_PER_MINUTE,
    SLOWEST_BEATS_PER_MINUTE,
    BeatExplanation,
    MetreChange,
    TempoChange,
    Transcription,
)
from mp3tomidi.transcribe.rhythm.beat_files import LabelledBeats
from mp3tomidi.transcribe.rhythm.beats import Beats, beats_at, find_beats
from mp3tomidi.transcribe.rhythm.clicks import with_clicks
from mp3tomidi.transcribe.rhythm.explanations import Limits

LEAST_GAIN = 0.1
TOLERANCE_S = 0.03
STEADY_TOLERANCE_S = 0.06  # a steady recording's beats are estimated this exactly, with few exceptions
STEADY_SHARE = 0.9
# By so much the beats of a whole recording may be moved for the sake of one tempo for all of it: less than an onset is
# estimated late or early by. Where the tempo changes anyway, nothing but the first beat is moved.
STEADY_AT_ONCE_S, AT_ONCE_S = 0.02, 0.005
# A click's tempo is a multiple of this. It is taken where, over all beats, it moves them by no more than the second
# figure (root mean square): half a minute at 120.05 may be 120, four minutes may not.
CLICK_STEP = 0.5
CLICK_TOLERANCE_S = 0.006
SHORTEST_BEAT_S, LONGEST_BEAT_S = 60.0 / FASTEST_BEATS_PER_MINUTE, 60.0 / SLOWEST_BEATS_PER_MINUTE
FIRST_TEMPO_QUARTERS = 1 / 96  # how long the first tempo is, a tick or more of every program
EARLY_BEATS = 0.125  # what begins so little before a beat begins on it
SHORTEST_LEAD_QUARTERS = 1 / 7  # after less the first beat begins at 0 s: a sixteenth grid puts it there all the same
PICKUP_QUARTERS = 0.25, 0.5, 1.0  # of which one shorter than a beat may be written before the first beat


def with_tempo(
    transcription: Transcription,
    beats_per_minute: float | tuple[float, float] | None = None,
    metre: str | None = None,
    clicks_s: NDArray[np.float64] | None = None,
) -> Transcription:
    """The transcription with its tempo map and bars; all other events stay as they are.

    `beats_per_minute` is the tempo of a recording that keeps to a click: the notes and drum hits only say where its
    beats lie, and which begin bars. Where they do not, beats are counted from 0 s, and bars not at all. Or it is the
    slowest and the fastest that the tempo may be. By default the tempo is found, too; where no beat can be estimated,
    there is no tempo. `metre` is the time signature, if that is known (one of `metres.SIGNATURES`). `clicks_s` are
    when sounds begin that may be neither notes nor drum hits (see `clicks`).
    """
    notes, hits = transcription.notes, transcription.drum_hits
    if clicks_s is not None:
        notes, hits = with_clicks(clicks_s, notes, hits)
    events = notes, hits, transcription.duration_s
    given: float | None = None
    if isinstance(beats_per_minute, tuple):
        beats = find_beats(*events, Limits(*beats_per_minute, metre))
    elif beats_per_minute is None:
        beats = find_beats(*events, Limits(signature=metre))
    else:
        given = beats_per_minute
        beats = _to_a_click(beats_at(given, *events, metre))
    if beats is not None and beats.gain >= LEAST_GAIN:
        first_s = min(events[0].onset_s for events in (notes, hits) if events)
        tempo, bars = tempo_map(beats, first_s)
        return replace(transcription, tempo=tempo, metre=bars, beat_explanations=_explanations(beats))
    tempo = () if given is None else (TempoChange(0.0, given),)
    return replace(transcription, tempo=tempo, metre=(), beat_explanations=())


def with_labelled_beats(transcription: Transcription, labelled: LabelledBeats) -> Transcription:
    """The transcription with a tempo map, and bars if they are known, along beats that were found otherwise.

    Raises LabelsError if fewer than two of the beats lie in the recording.
    """
    tempo, bars = tempo_map(labelled.until(transcription.duration_s).as_found())
    return replace(transcription, tempo=tempo, metre=bars if labelled.bars else (), beat_explanations=())


def _explanations(beats: Beats) -> tuple[BeatExplanation, ...]:
    return tuple(
        BeatExplanation(
            min(1.0, found.probability),
            found.beats_per_minute * found.metre.beat_quarters,
            found.metre.numerator,
            found.metre.denominator,
            found.metre.swung,
            max(0.0, found.first_bar_s),
        )
        for found in beats.explanations
    )


def tempo_map(beats: Beats, first_s: float = 0.0) -> tuple[tuple[TempoChange, ...], tuple[MetreChange, ...]]:
    """Changes of tempo such that every beat comes a whole number of beats after the first one; and the bars.

    What comes before the first beat is as long as `lead_beats` says. first_s: when the first event begins;
    where beats lie before it does not matter, so that silence is counted in beats of about the song's tempo.
    """
    beats = _begun_with(beats, first_s)
    times_s, knots = straightened(beats.times_s)
    quarters = beats.metre.beat_quarters  # of a beat
    lead = lead_beats(float(times_s[0]), float(times_s[1] - times_s[0]), quarters)
    at_quarter, at_s = _sections(times_s, knots, lead, quarters)
    quarter_us = []
    starts_s = [0.0]
    for (quarter, _), (following, end_s) in pairwise(zip(at_quarter, at_s, strict=True)):
        # To the estimated end of the section, from where the one before it really ended.
        beat_us = (end_s - starts_s[-1]) / (following - quarter) * 1e6
        quarter_us.append(round(float(np.clip(beat_us, SHORTEST_BEAT_S * 1e6, LONGEST_BEAT_S * 1e6))))
        starts_s.append(starts_s[-1] + (following - quarter) * quarter_us[-1] * 1e-6)
    tempo = tuple(TempoChange(start_s, 60e6 / us) for start_s, us in zip(starts_s[:-1], quarter_us, strict=True))
    first_bar = (lead + beats.first_downbeat) % beats.metre.beats * quarters
    first_bar_s = float(np.interp(first_bar, at_quarter, starts_s))
    return tempo, (MetreChange(first_bar_s, beats.metre.numerator, beats.metre.denominator),)


def _begun_with(beats: Beats, first_s: float) -> Beats:
    """The beats without those before the one that the first event is nearest to or, if it comes later, follows."""
    beat_s = float(beats.times_s[1] - beats.times_s[0])
    silent = int(np.searchsorted(beats.times_s, first_s + EARLY_BEATS * beat_s, side="right")) - 1
    silent = min(max(silent, 0), len(beats.times_s) - 2)
    first_downbeat = (beats.first_downbeat - silent) % beats.metre.beats
    return replace(beats, times_s=beats.times_s[silent:], first_downbeat=first_downbeat)


def _sections(
    times_s: NDArray[np.float64], knots: Sequence[int], lead: float, quarters: float
) -> tuple[list[float], list[float]]:
    """Where each section of one tempo begins, and the last one ends: in quarters from 0 s on, and in seconds.

    times_s: of beats, which are straight between knots; lead: beats before the first; quarters: of a beat.
    """
    at_quarter: list[float] = [(knot + lead) * quarters for knot in knots]
    at_s: list[float] = [float(times_s[knot]) for knot in knots]
    beat_s = float(times_s[1] - times_s[0])
    early_s = lead * beat_s - at_s[0]
    if len(knots) == 2 and abs(early_s) < STEADY_AT_ONCE_S:
        return [0.0, at_quarter[1]], [0.0, at_s[1] + early_s]
    if abs(early_s) < AT_ONCE_S:  # nothing has to give way
        return [0.0, *at_quarter[1:]], [0.0, *at_s[1:]]
    if lead:
        at_quarter, at_s = [0.0, *at_quarter], [0.0, *at_s]
    else:  # the first beat begins with the file, and takes that much longer
        at_s[0] = 0.0
        if knots[1] > 1:
            at_quarter.insert(1, quarters)
            at_s.insert(1, float(times_s[1]))
    if len(at_s) > 2:
        quarter_s = (at_s[2] - at_s[1]) / (at_quarter[2] - at_quarter[1])
        at_quarter.insert(1, FIRST_TEMPO_QUARTERS)
        at_s.insert(1, FIRST_TEMPO_QUARTERS * quarter_s)
    return at_quarter, at_s


def _to_a_click(beats: Beats | None) -> Beats | None:
    """Beats moved to where the click's are if it begins with the file."""
    if beats is None:
        return None
    lead_s, beat_s = float(beats.times_s[0]), float(beats.times_s[1] - beats.times_s[0])
    early_s = round(lead_s / beat_s) * beat_s - lead_s
    return replace(beats, times_s=beats.times_s + early_s) if abs(early_s) < TOLERANCE_S else beats


def lead_beats(lead_s: float, beat_s: float, beat_quarters: float = 1.0) -> float:
    """How many beats the time before the first beat is written as: a part of one (`PICKUP_QUARTERS`) or a whole number.

    The tempo that this takes is from .7 to 1.8 times the song's.
    """
    exact_beats = lead_s / beat_s
    if exact_beats * beat_quarters < SHORTEST_LEAD_QUARTERS:
        return 0.0
    parts = [quarters / beat_quarters for quarters in PICKUP_QUARTERS if quarters < beat_quarters]
    whole = [max(1.0, np.floor(exact_beats)), max(1.0, np.ceil(exact_beats))]
    return float(min([*parts, *whole], key=lambda beats: abs(np.log(beats / exact_beats))))


def straightened(times_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """Beat times on straight lines, and the beats at which these meet, the first and last included.

    One line if the recording is steady, else so many that every beat stays near `TOLERANCE_S`.
    """
    knots = [0, len(times_s) - 1]
    line = _fitted(times_s, knots)
    off_s = np.abs(times_s - line)
    if np.mean(off_s < TOLERANCE_S) >= STEADY_SHARE and off_s.max() < STEADY_TOLERANCE_S:
        return _at_click_tempo(line), knots
    knots = _corners(times_s)
    return _fitted(times_s, knots), knots


def _at_click_tempo(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evenly spaced beat times, turned about their middle to a click's tempo if that is within `CLICK_TOLERANCE_S`."""
    beats_per_minute = 60.0 * (len(line) - 1) / (line[-1] - line[0])
    for step in (1.0, CLICK_STEP):
        click = max(step, step * round(beats_per_minute / step))
        middle = (len(line) - 1) / 2
        turned = line.mean() + (np.arange(len(line)) - middle) * 60.0 / click
        if np.sqrt(np.mean(np.square(turned - line))) <= CLICK_TOLERANCE_S and turned[0] > -STEADY_AT_ONCE_S:
            return np.asarray(turned)
    return line


def _corners(times_s: NDArray[np.float64]) -> list[int]:
    """The beats to join by straight lines so that none is further than `TOLERANCE_S` off (Douglas and Peucker 1973)."""
    corners = {0, len(times_s) - 1}
    sections = [(0, len(times_s) - 1)]
    while sections:
        first, last = sections.pop()
        line = np.linspace(times_s[first], times_s[last], last - first + 1)
        off_s = np.abs(times_s[first : last + 1] - line)
        corner = first + int(off_s.argmax())
        if off_s.max() > TOLERANCE_S:
            corners.add(corner)
            sections += [(first, corner), (corner, last)]
    return sorted(corners)


def _fitted(times_s: NDArray[np.float64], knots: Sequence[int]) -> NDArray[np.float64]:
    """The unbroken line of straight sections between knots that is nearest to the times by least squares."""
    beats = np.arange(len(times_s))
    if len(knots) == 2:
        return np.asarray(np.polynomial.Polynomial.fit(beats, times_s, 1)(beats))
    from scipy.linalg import solveh_banded  # takes a while to import, and most recordings are steady

    section = np.clip(np.searchsorted(knots, beats, side="right") - 1, 0, len(knots) - 2)
    start, end = np.array(knots)[section], np.array(knots)[section + 1]
    right = (beats - start) / (end - start)
    left = 1.0 - right
    # Each time depends on two knots, so that the normal equations have three diagonals.
    count = len(knots)
    bands = np.zeros((2, count))
    bands[0, 1:] = np.bincount(section, left * right, count - 1)
    bands[1] = np.bincount(section, left**2, count) + np.bincount(section + 1, right**2, count)
    sums = np.bincount(section, left * times_s, count) + np.bincount(section + 1, right * times_s, count)
    return np.asarray(np.interp(beats, knots, solveh_banded(bands, sums)))
