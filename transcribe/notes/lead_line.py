"""The melody among the notes of a recording: which of them are its lead line, one at a time.

The best line (dynamic programming over notes, as in weighted interval scheduling) by what a melody is known by: the
pitch track follows it, it lies on top, it is louder than what accompanies it, a voice or a wind plays it rather than a
bass, and it moves in small steps and lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mp3tomidi.transcribe.array_types import Float64Array
from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.front_end.filters import A4_HZ, A4_PITCH
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.notes.melody import HOP_S, PitchTrack

# For each second of a note; fitted on 13 songs, see docs/transcribe.md.
TRACKED, TOP, LOUD, THRESHOLD = 1.5, 1.0, 0.9, 1.8
OF_FAMILY = {"voice": 3.0, "winds": 1.5, "strings": 0.9, "synth": 0.6, "bass": -6.0}
HIGH = 0.08  # a semitone above the middle of all notes
LEAP_COST, FREE_LEAP, LONGEST_LEAP = 0.06, 4, 24  # a semitone
SAME_LINE_BONUS = 0.15  # that the next note is of the same instrument
LONGEST_COUNTED_S = 1.0
NEAR_SEMITONES = 0.7
LARGEST_OVERLAP_S = 0.1
_LOOK_BACK = 48  # notes, of which one may come before another in the line


def with_melody(notes: Sequence[Note], track: PitchTrack, tuning_cents: float) -> list[Note]:
    """The notes, by onset, those of the lead line marked. `track` is the recording's, as `melody.follow` gives it."""
    ordered = sorted(notes)
    chosen = set(_best_line(ordered, _gains(ordered, track, tuning_cents))) if ordered else set()
    return [replace(note, melody=index in chosen) for index, note in enumerate(ordered)]


def _gains(notes: Sequence[Note], track: PitchTrack, tuning_cents: float) -> Float64Array:
    """What each note adds to a line [notes]."""
    with np.errstate(divide="ignore"):
        tracked = np.where(track.hz > 0.0, A4_PITCH + 12.0 * np.log2(track.hz / A4_HZ) - tuning_cents / 100.0, -np.inf)
    velocity = np.array([note.velocity for note in notes], np.float64)
    loud = (velocity - velocity.mean()) / max(1.0, velocity.std())
    middle = np.median([note.pitch for note in notes])
    top = _share_on_top(notes)
    gains = np.empty(len(notes))
    for index, note in enumerate(notes):
        first = min(round(note.onset_s / HOP_S), len(tracked))
        frames = tracked[first : max(first + 1, round(note.offset_s / HOP_S))]
        follows = float(np.mean(np.abs(frames - note.pitch) <= NEAR_SEMITONES)) if len(frames) else 0.0
        family = PROGRAMS[note.program].family if note.program in PROGRAMS else ""
        rate = TRACKED * follows + TOP * top[index] + LOUD * loud[index] + HIGH * (note.pitch - middle)
        rate += OF_FAMILY.get(family, 0.0)
        gains[index] = (rate - THRESHOLD) * min(note.offset_s - note.onset_s, LONGEST_COUNTED_S)
    return gains


def _share_on_top(notes: Sequence[Note]) -> Float64Array:
    """For which part of its time no higher note sounds [notes]."""
    last_s = max(note.offset_s for note in notes)
    frames = np.full(int(last_s / HOP_S) + 2, -1, np.int16)
    spans = []
    for note in notes:
        first = int(note.onset_s / HOP_S)
        spans.append(frames[first : max(first + 1, int(note.offset_s / HOP_S))])
        np.maximum(spans[-1], note.pitch, out=spans[-1])
    return np.array([np.mean(span == note.pitch) for note, span in zip(notes, spans, strict=True)])


def _best_line(notes: Sequence[Note], gains: Float64Array) -> list[int]:
    """Indices of the line of notes, by onset, that gains most, leaps considered."""
    onset_s, offset_s, pitch, program = (
        np.array([getattr(note, name) for note in notes], np.float64)
        for name in ("onset_s", "offset_s", "pitch", "program")
    )
    best, came_from = gains.copy(), np.full(len(notes), -1)
    for index in range(1, len(notes)):
        earlier = np.arange(max(0, index - _LOOK_BACK), index)
        fits = offset_s[earlier] - LARGEST_OVERLAP_S <= onset_s[index]
        fits &= onset_s[earlier] < onset_s[index] - 0.5 * LARGEST_OVERLAP_S
        leap = np.minimum(np.abs(pitch[earlier] - pitch[index]), LONGEST_LEAP)
        value = best[earlier] - LEAP_COST * np.maximum(0.0, leap - FREE_LEAP)
        value += SAME_LINE_BONUS * (program[earlier] == program[index])
        value[~fits] = -np.inf
        choice = int(value.argmax())
        if value[choice] > 0.0:
            best[index] += value[choice]
            came_from[index] = earlier[choice]
    line, index = [], int(best.argmax())
    while index >= 0:
        line.append(index)
        index = int(came_from[index])
    return line[::-1] if best.max() > 0.0 else []
