"""Medley-solos-DB (Lostanlen et al. 2019): 21,571 clips of 3 s, each of one of eight instruments alone.

Licence: CC BY 4.0. Split: official, in the table (training, validation, test). Layout, as mirdata's:

    annotation/Medley-solos-DB_metadata.csv    audio/Medley-solos-DB_test-0_UUID.wav
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.mirdata_index import index_of, metadata_of, open_mirdata, tracks_of
from mp3tomidi.train.datasets.recordings import Recording

_SPLITS = {"training": "train", "train": "train", "validation": "valid", "test": "test"}


def read(folder: Path) -> Iterator[Recording]:
    """The clips of the set. Raises LabelsError where its table is missing or damaged."""
    dataset = open_mirdata("medley_solos_db", found_folder(folder), {})
    table = metadata_of(dataset, folder / "annotation")
    sounds = {
        number: folder / "audio" / f"Medley-solos-DB_{row['subset']}-{row['instrument_id']}_{number}.wav"
        for number, row in table.items()
    }
    dataset._index["tracks"] = index_of({number: {"audio": path} for number, path in sounds.items()}, folder)
    for number, track in tracks_of(dataset, lambda number: sounds[number]):
        if is_there(sounds[number]):
            split = _SPLITS.get(track.subset, "")
            yield Recording(number, "medley_solos", sounds[number], classes=(track.instrument,), split=split)
