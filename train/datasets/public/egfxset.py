"""EGFxSet (Pedroza et al. 2022): 8,947 single notes of an electric guitar, clean and through twelve real effects.

Licence: CC BY 4.0. Split: none. Layout, as mirdata's:

    Clean/Bridge/1-0.wav    TapeEcho/Bridge-Middle/6-22.wav (EFFECT/PICKUP/STRING-FRET.wav)

Names say all that is read: the class is the folder of the effect, the pitch that of string and fret. Notes last from 0
to 5 s, as mirdata has them, whose own loader finds no row for the folder RAT in the set's table; velocities are not
labelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.datasets.public.checked import checked_notes
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there, leave_out
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

CLEAN_GUITAR = 27
LENGTH_S = 5.0
OPEN_STRINGS = {"1": 64, "2": 59, "3": 55, "4": 50, "5": 45, "6": 40}
_STRING_FRET = re.compile(r"([1-6])-(\d{1,2})")


def read(folder: Path) -> Iterator[Recording]:
    """The notes of the set. Raises LabelsError where there are none."""
    sounds = sorted(found_folder(folder).glob("*/*/*.wav"))
    if not sounds:
        raise LabelsError(f"{folder}: no EFFECT/PICKUP/STRING-FRET.wav in it; name the folder of the effects")
    for sound in sounds:
        place = _STRING_FRET.fullmatch(sound.stem)
        if place is None:
            leave_out(sound, "its name says no string and fret")
        elif is_there(sound):
            effect, pickup = sound.parent.parent.name, sound.parent.name
            notes = partial(_note, sound, OPEN_STRINGS[place[1]] + int(place[2]))
            yield Recording(f"{effect}-{pickup}-{sound.stem}", "egfxset", sound, notes, classes=(effect,))


def _note(sound: Path, pitch: int) -> NDArray[np.void]:
    return checked_notes(sound, np.array([[0.0, LENGTH_S, pitch, 0.0]]), CLEAN_GUITAR)
