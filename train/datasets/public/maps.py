"""MAPS (Emiya et al. 2010): 65 h of piano, seven sampled instruments and a Disklavier in two rooms.

Licence: CC BY-NC-SA 2.0 FR. Split: none by its authors; as is the custom since Sigtia et al. (2016), the Disklavier
(ENSTDkCl, ENSTDkAm) measures and the sampled instruments teach, though they share pieces. mirdata has no loader for
it. Layout, at any depth:

    AkPnBcht/MUS/MAPS_MUS-NAME_AkPnBcht.wav    .txt and .mid beside it

Notes are those of the MIDI file, as long as the sustain pedal lets them sound, or of the table where there is none.
Each instrument and kind of playing (ISOL, RAND, UCHO, MUS) is a set of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.datasets.public.checked import checked_notes, notes_of_midi
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there, leave_out
from mp3tomidi.train.datasets.public.tables import read_numbers
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

PIANO = 0
_KIND = re.compile(r"^MAPS_([A-Za-z]+)")
DISKLAVIERS = ("ENSTDkCl", "ENSTDkAm")


def read(folder: Path) -> Iterator[Recording]:
    """The recordings of the set. Raises LabelsError where there are none."""
    sounds = sorted(found_folder(folder).rglob("MAPS_[A-Z]*.wav"))
    if not sounds:
        raise LabelsError(f"{folder}: no MAPS_*.wav in it; name the folder of the instruments")
    for sound in sounds:
        midi, table = sound.with_suffix(".mid"), sound.with_suffix(".txt")
        if not midi.is_file() and not table.is_file():
            leave_out(sound, "neither a .mid nor a .txt lies beside it")
            continue
        if not is_there(sound) or not is_there(midi if midi.is_file() else table):
            continue
        notes = partial(notes_of_midi, midi, PIANO) if midi.is_file() else partial(_notes_of_table, table)
        kind, piano = _KIND.findall(sound.stem)[0], sound.stem.rpartition("_")[2]
        split = "test" if piano in DISKLAVIERS else "train"
        yield Recording(sound.stem, f"{piano} {kind}", sound, notes, split=split)


def _notes_of_table(path: Path) -> NDArray[np.void]:
    """Lines of onset s, offset s and pitch below a line of names."""
    rows = read_numbers(path, 3, skip=1)
    return checked_notes(path, np.column_stack([rows, np.zeros(len(rows))]), PIANO)
