"""Pitch curves of notes as MIDI's pitch bend: the range that is announced to a receiver, and the messages.

A message holds until the next one, so a curve becomes steps; they are as wide as can be with the pitch never further
than STEP_CENTS / 2 from the curve.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

import mido

from mp3tomidi.transcribe.events import Note

STEP_CENTS = 5.0
RANGES_SEMITONES = (2, 12, 24, 48)  # the first is what a receiver has that does not understand the message
MPE_RANGE_SEMITONES = 48  # of a zone's member channels by default
BEND_RANGE, MPE_CONFIGURATION = 0, 6  # registered parameters
_NO_PARAMETER = 127
_LOGGER = logging.getLogger(__name__)


def smallest_range(notes: Iterable[Note]) -> int:
    """The smallest of RANGES_SEMITONES that all bends fit in; the largest, and a warning, where none is enough."""
    furthest_s, furthest = max(
        ((abs(cents), time_s) for note in notes for time_s, cents in note.bend), default=(0.0, 0.0)
    )
    for semitones in RANGES_SEMITONES:
        if furthest_s <= 100.0 * semitones:
            return semitones
    _LOGGER.warning(
        "a bend of %.0f cents at %.2f s is cut: MIDI files are written with %d semitones at most",
        furthest_s,
        furthest,
        RANGES_SEMITONES[-1],
    )
    return RANGES_SEMITONES[-1]


def registered_parameter(channel: int, parameter: int, value: int) -> list[mido.Message]:
    """Sets a registered parameter of a channel, and leaves none open to be set by accident."""
    controls = [(101, 0), (100, parameter), (6, value), (38, 0), (101, _NO_PARAMETER), (100, _NO_PARAMETER)]
    return [mido.Message("control_change", channel=channel, control=number, value=to) for number, to in controls]


def bend_message(channel: int, cents: float, range_semitones: int) -> mido.Message:
    """A pitch bend, cut to the range."""
    pitch = round(8192.0 * cents / (100.0 * range_semitones))
    return mido.Message("pitchwheel", channel=channel, pitch=max(-8192, min(8191, pitch)))


def steps(note: Note) -> Iterator[tuple[float, float]]:
    """Times in seconds, from the onset to before the offset, at each of which the bend becomes so many cents."""
    level = _nearest(note.cents_at(note.onset_s))
    yield note.onset_s, level * STEP_CENTS
    inside = [point for point in note.bend if note.onset_s < point[0] < note.offset_s]
    ends = [(time_s, note.cents_at(time_s)) for time_s in (note.onset_s, note.offset_s)]
    for (before_s, before), (after_s, after) in pairwise([ends[0], *inside, ends[1]]):
        while (reached := _nearest(after)) != level:
            towards = 1 if reached > level else -1
            crossing = (level + 0.5 * towards) * STEP_CENTS
            share = (crossing - before) / (after - before) if after != before else 0.0
            level += towards
            at_s = before_s + max(0.0, min(1.0, share)) * (after_s - before_s)
            if at_s < note.offset_s:
                yield at_s, level * STEP_CENTS


def _nearest(cents: float) -> int:
    """The nearest whole number of steps."""
    return math.floor(cents / STEP_CENTS + 0.5)
