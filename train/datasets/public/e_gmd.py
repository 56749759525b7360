"""Expanded Groove MIDI Dataset (Callender et al. 2020): 444 h, Groove's drummers on 43 kits of a Roland TD-17.

Licence: CC BY 4.0. Split: official, in the table (train, validation, test). mirdata has no loader for it. Layout:

    e-gmd-v1.0.0.csv    drummer1/session1/NAME.midi    drummer1/session1/NAME.wav
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mp3tomidi.train.datasets.public.groove import SPLITS, hits_of_td11
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.tables import read_csv
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError


def read(folder: Path) -> Iterator[Recording]:
    """The performances of the set. Raises LabelsError where its table is missing or damaged."""
    tables = sorted(found_folder(folder).glob("e-gmd-v*.csv"))
    if not tables:
        raise LabelsError(f"{folder}: no e-gmd-v*.csv; name the folder that holds it")
    for row in read_csv(tables[-1], ("split", "midi_filename", "audio_filename", "kit_name")):
        sound, midi = folder / row["audio_filename"], folder / row["midi_filename"]
        if is_there(sound) and is_there(midi):
            split, drums = SPLITS.get(row["split"], ""), partial(hits_of_td11, midi)
            yield Recording(sound.stem, row["kit_name"] or "e-gmd", sound, drums=drums, split=split)
