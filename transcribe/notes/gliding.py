"""Mends what notes alone cannot say of a line that glides and wavers, where the pitch between its keys is known.

A tone that goes on while it glides to the next key lasts until that begins, instead of ending with its own key. A
vibrato so wide that each of its turns was detected as a note becomes one note again, and so does a string that a finger
bends (finger_bends.py).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.notes.finger_bends import is_plucked, with_bends_joined
from mp3tomidi.transcribe.notes.note_pitch import HOP_S, NotePitch, NotePitchTracker, sounding_beside

LONGEST_OVERLAP_S = 0.12  # of notes that follow each other
LONGEST_GLIDE_S = 0.4  # between the end of one note and the start of the next
GOES_ON = 0.25  # of a tone's strongest, 12 dB under it: softer, it has ended
# A vibrato's turns: how long each may last, how far apart two may be, and how many there must be.
LONGEST_TURN_S, LONGEST_PAUSE_S, WIDEST_TURN_SEMITONES, FEWEST_TURNS = 0.25, 0.15, 4, 3
SLOWEST_HZ, FASTEST_HZ = 3.5, 9.0
# Of a sine's time a third lies in the inner half of its range; a trill goes through that in no time.
LEAST_BETWEEN = 0.22


def mended(notes: Sequence[Note], fixed: Sequence[Note], tracker: NotePitchTracker) -> list[Note]:
    """The notes of instruments that can bend, by onset; `fixed` are those of the others."""
    by_program: defaultdict[int, list[Note]] = defaultdict(list)
    for note in sorted(notes):
        by_program[note.program].append(note)
    for program, line in by_program.items():
        others = [note for note in [*notes, *fixed] if note.program != program]
        whole = _with_vibrato_joined(line, others, tracker)
        if is_plucked(line[0]):
            whole = with_bends_joined(whole, others, tracker)
        by_program[program] = _to_the_next(whole, others, tracker)
    return sorted(note for line in by_program.values() for note in line)


def _to_the_next(line: Sequence[Note], others: Sequence[Note], tracker: NotePitchTracker) -> list[Note]:
    result = list(line)
    for index, (note, after) in enumerate(itertools.pairwise(line)):
        gap_s = after.onset_s - note.offset_s
        if note.pitch == after.pitch or not 0.0 < gap_s <= LONGEST_GLIDE_S:
            continue
        longer = replace(note, offset_s=after.onset_s)
        if _arrives(tracker.follow(longer, sounding_beside(longer, others)), gap_s, 100.0 * (after.pitch - note.pitch)):
            result[index] = longer
    return result


def _arrives(followed: NotePitch, gap_s: float, interval_cents: float) -> bool:
    """Whether a tone goes on through the last `gap_s`, and ends nearer to the next key than to its own."""
    gap = slice(-max(1, round(gap_s / HOP_S)), None)
    goes_on = followed.amplitude[gap].min() >= GOES_ON and np.mean(followed.readable[gap]) > 0.5
    return bool(goes_on and followed.cents[-1] / interval_cents > 0.5)


def _with_vibrato_joined(line: Sequence[Note], others: Sequence[Note], tracker: NotePitchTracker) -> list[Note]:
    result: list[Note] = []
    for run in _runs_of_turns(line):
        joined = _joined(run, others, tracker) if len(run) >= FEWEST_TURNS else None
        result += [joined] if joined is not None else run
    return result


def _runs_of_turns(line: Sequence[Note]) -> list[list[Note]]:
    """The line in pieces, of which those of more than one note may be a vibrato's turns."""
    runs: list[list[Note]] = []
    for note in line:
        before = runs[-1] if runs else []
        if (
            before
            and all(turn.offset_s - turn.onset_s <= LONGEST_TURN_S for turn in (before[-1], note))
            and -LONGEST_OVERLAP_S <= note.onset_s - before[-1].offset_s <= LONGEST_PAUSE_S
            and np.ptp([turn.pitch for turn in [*before, note]]) <= WIDEST_TURN_SEMITONES
        ):
            before.append(note)
        else:
            runs.append([note])
    return runs


def _joined(turns: Sequence[Note], others: Sequence[Note], tracker: NotePitchTracker) -> Note | None:
    """The one note that these are the turns of; None if they are not."""
    loudest = max(turns, key=lambda turn: turn.velocity)
    middle = round(float(np.mean([turn.pitch for turn in turns])))
    whole = replace(loudest, onset_s=turns[0].onset_s, offset_s=turns[-1].offset_s, pitch=middle)
    followed = tracker.follow(whole, sounding_beside(whole, others))
    lowest, highest = np.percentile(followed.cents, [5.0, 95.0])
    goes_on = np.quantile(followed.amplitude, 0.1) >= GOES_ON and np.mean(followed.readable) > 0.5
    if not goes_on or not _is_vibrato(followed.cents - 0.5 * (lowest + highest), highest - lowest):
        return None
    return replace(whole, pitch=middle + round(0.5 * (lowest + highest) / 100.0))


def _is_vibrato(swing: NDArray[np.float64], width_cents: float) -> bool:
    """Whether a pitch [frames] swings about 0 as a voice does."""
    crossings = np.count_nonzero(np.diff(swing > 0.0))
    rate_hz = 0.5 * crossings / (len(swing) * HOP_S)
    between = np.mean(np.abs(swing) < 0.25 * width_cents)
    return bool(SLOWEST_HZ <= rate_hz <= FASTEST_HZ and between >= LEAST_BETWEEN)
