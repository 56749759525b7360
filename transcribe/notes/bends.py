"""Pitch-bend curves of notes, for the instruments that can glide or play vibrato."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.notes.finger_bends import STEEP_FRAMES, STEEPEST_PLUCKED_CENTS, is_plucked, steepness
from mp3tomidi.transcribe.notes.gliding import mended
from mp3tomidi.transcribe.notes.note_pitch import HOP_S, SPREAD_FRAMES, NotePitch, NotePitchTracker, sounding_beside

FIXED_FAMILIES = ("piano", "keys")  # nothing that is struck on these moves the pitch
TOLERANCE_CENTS = 2.5  # of the points that are kept, against the curve
STRAIGHT_CENTS = 12.0  # a note that never leaves its key by more is not bent
# Parabolas through seven frames (Savitzky and Golay 1964): the jitter of voices is no part of how they move.
SMOOTHING = np.array([-2, 3, 6, 7, 6, 3, -2]) / 21
# A string that is plucked is bent by a finger: what moves by more cents in a frame is the start of another tone. Its
# pitch is misread by 5 to 20 cents while it is struck, and when it is nearly silent. Of notes of guitars and basses
# that two fonts played straight 55 % were bent without this, and 3 to 6 % are with it; of those with a vibrato of 20 or
# 50 cents 95 % are (54 % where the steepest is that from one frame to the next).
LEAST_PLUCKED_RANGE_CENTS = 30.0
STRUCK_FRAMES, SETTLING_FRAMES, STRUCK_RISE = 12, 4, 0.7
CLEAR_AMPLITUDE = 0.25  # of the note's loudest moment, 12 dB under it
LEAST_READ, FEWEST_READ_FRAMES = 0.5, 4  # of the audible frames
FURTHEST_MIDDLE_CENTS = 75.0
CLEARLY_OFF_CENTS = 25.0  # the spectrum's tuning is wrong, if notes lie so far beside it


def with_bends(notes: Sequence[Note], sound: NDArray[np.float32], tuning_cents: float) -> tuple[list[Note], float]:
    """The notes with the bends of those whose instrument can bend them, and the tuning that these are counted from.

    `sound` is mono [samples], at `salience.SAMPLE_RATE`. Where all notes can bend, they say more of the tuning than the
    spectrum does, which knows of a vibrato only where it turns: then it is the middle of their pitches.
    """
    tracker = NotePitchTracker(sound, tuning_cents)
    fixed = [note for note in notes if not can_bend(note)]
    bending = mended([note for note in notes if can_bend(note)], fixed, tracker)
    curves = [tracker.follow(note, sounding_beside(note, [*bending, *fixed])) for note in bending]
    off_cents = 0.0 if fixed else _middle(curves)
    if abs(off_cents) < CLEARLY_OFF_CENTS:
        off_cents = 0.0
    keys_off = round((tuning_cents + off_cents) / 100.0)
    bent = [
        replace(
            note,
            pitch=note.pitch + keys_off,
            bend=points(replace(curve, cents=curve.cents - off_cents), plucked=is_plucked(note)),
        )
        for note, curve in zip(bending, curves, strict=True)
    ]
    return sorted([*bent, *fixed]), tuning_cents + off_cents - 100.0 * keys_off


def _middle(curves: Sequence[NotePitch]) -> float:
    """The median of notes' cents from their keys, by how long they last; 0 where none can be read."""
    read = [curve.cents[curve.readable] for curve in curves]
    together = np.concatenate([np.zeros(0), *read])
    return float(np.median(together)) if len(together) else 0.0


def can_bend(note: Note) -> bool:
    """Whether its instrument can move a note's pitch."""
    return note.program not in PROGRAMS or PROGRAMS[note.program].family not in FIXED_FAMILIES


def points(followed: NotePitch, *, plucked: bool = False) -> tuple[tuple[float, float], ...]:
    """A note's pitch as points of time in seconds and cents from its key, with straight lines between.

    It goes straight through what cannot be read. There are none where it is steady, where hardly any of it can be read,
    or where what was followed lies beside the key: in a dense mix that is another tone.
    plucked: whether it is a string's that is bent by a finger or not at all.
    """
    readable = followed.readable & ~_is_struck(followed.amplitude) if plucked else followed.readable
    steepest_cents = STEEPEST_PLUCKED_CENTS if plucked else np.inf
    read = _of_one_tone(np.flatnonzero(readable), followed.cents, steepest_cents)
    if len(read) < max(FEWEST_READ_FRAMES, LEAST_READ * np.count_nonzero(followed.audible)):
        return ()
    if not followed.alone and abs(np.median(followed.cents[read])) > FURTHEST_MIDDLE_CENTS:
        return ()
    frames = np.arange(len(followed.cents))
    held = np.interp(frames, read, followed.cents[read])
    cents = ndimage.convolve1d(held, SMOOTHING, mode="nearest")
    clear = read[followed.amplitude[read] >= CLEAR_AMPLITUDE]
    if plucked and (not len(clear) or np.ptp(cents[clear]) < LEAST_PLUCKED_RANGE_CENTS):
        return ()
    if np.abs(cents).max() < STRAIGHT_CENTS:
        return ()
    kept = thinned(frames, cents, TOLERANCE_CENTS)
    return tuple((round(followed.start_s + frame * HOP_S, 4), round(float(cents[frame]), 1)) for frame in kept)


def _is_struck(amplitude: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which frames belong to the stroke that begins a tone [frames]; none where it goes on from the one before."""
    struck = np.zeros(len(amplitude), np.bool_)
    loudest = int(amplitude[:STRUCK_FRAMES].argmax())
    if amplitude[0] < STRUCK_RISE * amplitude[loudest]:
        struck[: loudest + SETTLING_FRAMES] = True
    return struck


def _of_one_tone(read: NDArray[np.intp], cents: NDArray[np.float64], steepest_cents: float) -> NDArray[np.intp]:
    """Of the frames that can be read the longest stretch near the key in which the pitch [frames] makes no jump."""
    smooth = ndimage.median_filter(cents[read], SPREAD_FRAMES, mode="nearest")
    jumps = np.flatnonzero(steepness(smooth, read) > steepest_cents) + (STEEP_FRAMES + 1) // 2
    if not len(jumps):
        return read
    parts = [part for part in np.split(read, jumps) if len(part)]
    near = [part for part in parts if abs(np.median(cents[part])) <= FURTHEST_MIDDLE_CENTS]
    return max(near, key=len, default=read[:0])


def thinned(x: NDArray[np.integer], y: NDArray[np.float64], tolerance: float) -> list[int]:
    """Indices of the points that lines through are nowhere further than `tolerance` from y (Ramer 1972)."""
    kept = {0, len(x) - 1}
    spans = [(0, len(x) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        inside = slice(first + 1, last)
        line = np.interp(x[inside], [x[first], x[last]], [y[first], y[last]])
        off = np.abs(y[inside] - line)
        furthest = int(off.argmax())
        if off[furthest] > tolerance:
            middle = first + 1 + furthest
            kept.add(middle)
            spans += [(first, middle), (middle, last)]
    return sorted(kept)
