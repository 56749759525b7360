"""MAESTRO (Hawthorne et al. 2019): 200 h of piano competitions, recorded with MIDI from the instrument itself.

Licence: CC BY-NC-SA 4.0, so nothing that is to be sold or given away may be taught with it. Split: official, in the
table (train, validation, test; no composition in two of them). Layout, of versions 1 to 3:

    maestro-v3.0.0.csv    2018/NAME.midi    2018/NAME.wav

Read without mirdata, whose loader knows version 2 only. Notes last as long as the sustain pedal lets them sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mp3tomidi.train.datasets.public.checked import notes_of_midi
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.tables import read_csv
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

PIANO = 0
_SPLITS = {"train": "train", "validation": "valid", "test": "test"}


def read(folder: Path) -> Iterator[Recording]:
    """The performances of the set. Raises LabelsError where its table is missing or damaged."""
    found_folder(folder)
    tables = sorted(folder.glob("maestro-v*.csv"))
    if not tables:
        raise LabelsError(f"{folder}: no maestro-v*.csv; name the folder that holds it")
    for row in read_csv(tables[-1], ("split", "midi_filename", "audio_filename")):
        sound, midi = folder / row["audio_filename"], folder / row["midi_filename"]
        if is_there(sound) and is_there(midi):
            notes = partial(notes_of_midi, midi, PIANO)
            yield Recording(sound.stem, "maestro", sound, notes, split=_SPLITS.get(row["split"], ""))
