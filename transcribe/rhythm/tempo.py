"""From beats to a tempo map under which each beat is a whole number of quarters, and bars are bars.

A steady recording gets one tempo. Where the tempo moves, it is followed in as few straight sections as keep every beat
within `TOLERANCE_S` of where it was heard. The map's beats are a whole number of microseconds long, as a MIDI file
states them, so that they stay on their ticks however long the recording is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import MetreChange, TempoChange, Transcription
from mp3tomidi.transcribe.rhythm.beats import Beats, find_beats

LEAST_GAIN = 0.1
TOLERANCE_S = 0.03
STEADY_TOLERANCE_S = 0.06  # a steady recording's beats are heard this exactly, with few exceptions
STEADY_SHARE = 0.9
# Before the first beat lies a part of one, however short. It becomes a beat of its own, if that is no faster than this;
# otherwise the first beat begins with the file.
SHORTEST_LEAD_S = 0.1
AT_ONCE_S = 0.005


def with_tempo(transcription: Transcription, beats_per_minute: float | None = None) -> Transcription:
    """The transcription with its tempo map and bars; all other events stay as they are.

    With `beats_per_minute` given, beats are counted from the start of the recording at that rate, and bars not at all.
    Otherwise they are found in the notes and drum hits; where none can be told, there is no tempo.
    """
    if beats_per_minute is not None:
        return replace(transcription, tempo=(TempoChange(0.0, beats_per_minute),), metre=())
    beats = find_beats(transcription.notes, transcription.drum_hits, transcription.duration_s)
    if beats is None or beats.gain < LEAST_GAIN:
        return replace(transcription, tempo=(), metre=())
    tempo, metre = tempo_map(beats)
    return replace(transcription, tempo=tempo, metre=metre)


def tempo_map(beats: Beats) -> tuple[tuple[TempoChange, ...], tuple[MetreChange, ...]]:
    """The bars, and changes of tempo such that every beat comes a whole number of beats after 0 s."""
    times_s, knots = straightened(beats.times_s)
    first_downbeat = beats.first_downbeat
    if times_s[0] < SHORTEST_LEAD_S:
        # The first beat begins with the file, and takes that much longer.
        if times_s[0] > AT_ONCE_S:
            knots = sorted({*knots, 1})
        times_s[0] = 0.0
    else:
        # What lies before the first beat becomes one of its own, most often of another length.
        first_beat_s = times_s[1] - times_s[0]
        knots = [knot + 1 for knot in knots]
        knots = [0, *(knots[1:] if abs(times_s[0] - first_beat_s) < AT_ONCE_S else knots)]
        times_s = np.concatenate([[0.0], times_s])
        first_downbeat += 1
    beat_us = []
    starts_s = [0.0]
    for knot, following in pairwise(knots):
        # To where the section is heard to end, from where the one before it really ended.
        beat_us.append(round((times_s[following] - starts_s[-1]) / (following - knot) * 1e6))
        starts_s.append(starts_s[-1] + (following - knot) * beat_us[-1] * 1e-6)
    tempo = tuple(TempoChange(start_s, 60e6 / us) for start_s, us in zip(starts_s[:-1], beat_us, strict=True))
    upbeats = first_downbeat % beats.beats_per_bar
    metre = [MetreChange(float(np.interp(upbeats, knots, starts_s)), beats.beats_per_bar)]
    if upbeats:
        metre.insert(0, MetreChange(0.0, upbeats))
    return tempo, tuple(metre)


def straightened(times_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """Beat times on straight lines, and the beats at which these meet, the first and last included.

    One line if the recording is steady, else so many that every beat stays near `TOLERANCE_S`.
    """
    knots = [0, len(times_s) - 1]
    line = _fitted(times_s, knots)
    off_s = np.abs(times_s - line)
    if np.mean(off_s < TOLERANCE_S) >= STEADY_SHARE and off_s.max() < STEADY_TOLERANCE_S:
        return line, knots
    knots = _corners(times_s)
    return _fitted(times_s, knots), knots


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
