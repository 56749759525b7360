"""Joins notes of a plucked string that a finger bends from one key to the next: one stroke is one note.

The network finds a note at each key that a bend comes to. Where a string is struck again its level rises, and where
another fret is taken (a hammer-on) its pitch jumps; a bend does neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.notes.note_pitch import HOP_S, NotePitch, NotePitchTracker, sounding_beside

PLUCKED_FAMILIES = ("guitar", "bass")
STEEPEST_PLUCKED_CENTS = 20.0  # a frame, that a finger bends by: a whole tone in a tenth of a second
STEEP_FRAMES = 3  # over which that is measured: from one to the next a low string's pitch is read 10 to 20 cents off
WIDEST_BEND_SEMITONES = 3
LONGEST_GAP_S = 0.06  # between the notes, or that they overlap by
NEAR_FRAMES = 12  # of a bend's middle, in which it begins and ends
STRUCK_AGAIN = 1.3  # the rise of the amplitude from which on it is a stroke
LEAST_READABLE = 0.7  # of the frames near it
FURTHEST_CENTS = 50.0  # from the keys, where it begins and ends


def is_plucked(note: Note) -> bool:
    """Whether a guitar or a bass plays it."""
    return note.program in PROGRAMS and PROGRAMS[note.program].family in PLUCKED_FAMILIES


def steepness(cents: NDArray[np.float64], frames: NDArray[np.integer]) -> NDArray[np.float64]:
    """Cents that a pitch [frames] moves by in a frame, over STEEP_FRAMES of those that `frames` numbers."""
    moved, passed = (values[STEEP_FRAMES:] - values[:-STEEP_FRAMES] for values in (cents, frames))
    return np.asarray(np.abs(moved) / passed)


def with_bends_joined(line: Sequence[Note], others: Sequence[Note], tracker: NotePitchTracker) -> list[Note]:
    """The notes of one instrument, sorted by onset, those that one bent tone was found as joined.

    others: the notes of other instruments.
    """
    tones: list[list[Note]] = []
    for note in line:
        for tone in reversed(tones):
            if _may_go_on(tone[-1], note):
                beside = [one for one in line if one is not tone[-1] and one is not note]
                if _is_bent_to(tone[-1], note, [*beside, *others], tracker):
                    tone.append(note)
                    break
        else:
            tones.append([note])
    return sorted(_as_one(tone, [*(one for one in line if one not in tone), *others], tracker) for tone in tones)


def _may_go_on(note: Note, after: Note) -> bool:
    return (
        0 < abs(after.pitch - note.pitch) <= WIDEST_BEND_SEMITONES
        and abs(after.onset_s - note.offset_s) <= LONGEST_GAP_S
        and after.onset_s > note.onset_s
    )


def _is_bent_to(note: Note, after: Note, others: Sequence[Note], tracker: NotePitchTracker) -> bool:
    """Whether the tone of a note goes on as the one after it, without a stroke or a jump."""
    whole = replace(note, offset_s=after.offset_s)
    followed = tracker.follow(whole, sounding_beside(whole, others))
    middle = round((after.onset_s - note.onset_s) / HOP_S)
    near = slice(max(0, middle - NEAR_FRAMES), middle + NEAR_FRAMES)
    if middle < STEEP_FRAMES or len(followed.cents) < middle + STEEP_FRAMES:
        return False
    return _goes_on(followed, near, middle) and _glides(followed.cents[near], 100.0 * (after.pitch - note.pitch))


def _goes_on(followed: NotePitch, near: slice, middle: int) -> bool:
    before, after = followed.amplitude[near.start : middle], followed.amplitude[middle : near.stop]
    return bool(after.max() <= STRUCK_AGAIN * before.min() and np.mean(followed.readable[near]) >= LEAST_READABLE)


def _glides(cents: NDArray[np.float64], interval_cents: float) -> bool:
    begins, ends = (np.median(part) for part in (cents[:STEEP_FRAMES], cents[-STEEP_FRAMES:]))
    arrives = abs(begins) <= FURTHEST_CENTS and abs(ends - interval_cents) <= FURTHEST_CENTS
    return bool(arrives and steepness(cents, np.arange(len(cents))).max() <= STEEPEST_PLUCKED_CENTS)


def _as_one(tone: Sequence[Note], others: Sequence[Note], tracker: NotePitchTracker) -> Note:
    """One note of the key nearest to its middle pitch: where other notes sound, a bend is read near its key."""
    if len(tone) == 1:
        return tone[0]
    whole = replace(tone[0], offset_s=tone[-1].offset_s)
    followed = tracker.follow(whole, sounding_beside(whole, others))
    return replace(whole, pitch=whole.pitch + round(float(np.median(followed.cents)) / 100.0))
