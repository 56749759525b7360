"""Pitches as people write them: MIDI numbers, or names such as C2, F#3 and Bb-1 (C4 is 60, middle C)."""

from __future__ import annotations

import re

LOWEST_MIDI_PITCH, HIGHEST_MIDI_PITCH = 0, 127
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALTERATIONS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_NAME = re.compile(r"([A-Ga-g])([#♯b♭]?)(-?\d)")


def midi_pitch(text: str) -> int:
    """The MIDI number of a pitch. Raises ValueError, with what is expected, if there is none."""
    if match := _NAME.fullmatch(text):
        step, alteration, octave = match.groups()
        number = 12 * (int(octave) + 1) + _STEPS[step.upper()] + _ALTERATIONS[alteration]
    elif re.fullmatch(r"\d{1,3}", text, re.ASCII):
        number = int(text)
    else:
        raise ValueError(f"{text!r} is no pitch; write a MIDI number such as 36, or a name such as C2 or F#3")
    if not LOWEST_MIDI_PITCH <= number <= HIGHEST_MIDI_PITCH:
        raise ValueError(f"{text!r} is outside {LOWEST_MIDI_PITCH} to {HIGHEST_MIDI_PITCH} (C-1 to G9)")
    return number
