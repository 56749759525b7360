"""Names of pitches in a key: of the names that a key on the piano has, the one that is nearest on the line of fifths.

The line of fifths is ... Bb F C G D A E B F# C# ..., counted from C. A major key uses twelve names in a row, from its
lowered sixth to its raised first degree (in C: Ab to C#); a minor one those from its lowered fifth to its raised
seventh (in A: Eb to G#). So notes of the scale never get an accidental, and others the one that musicians expect.
"""

from __future__ import annotations

from typing import NamedTuple

_LOWEST = {"major": -4, "minor": -3}  # fifths from the tonic of the signature's major key
_STEPS = "FCGDAEB"  # from -1 on


class Spelling(NamedTuple):
    step: str
    alter: int
    """Semitones: 1 is a sharp."""
    octave: int
    """Of the name: C flat above B3 is in octave 4."""


def spelled(pitch: int, fifths: int, mode: str) -> Spelling:
    """The name of a MIDI pitch in a key.

    fifths: sharps (positive) or flats (negative) of its signature. mode: "major" or "minor".
    """
    lowest = fifths + _LOWEST[mode]
    place = lowest + (7 * pitch - lowest) % 12
    alter, step = divmod(place + 1, 7)
    return Spelling(_STEPS[step], alter, (pitch - alter) // 12 - 1)
