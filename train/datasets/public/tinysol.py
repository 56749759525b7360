"""TinySOL (Cella et al. 2020): 2,913 single notes of 14 instruments, from IRCAM's Studio On Line.

Licence: CC BY 4.0. Split: five official folds; here folds 0 to 2 are train, 3 is valid, 4 is test. Layout, as
mirdata's:

    annotation/TinySOL_metadata.csv    audio/Brass/Bass_Tuba/ordinario/BTb-ord-F#1-ff-N-N.wav

Classes are the instruments' full names. Where a note ends is not labelled, so it has no note labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.mirdata_index import index_of, metadata_of, open_mirdata, tracks_of
from mp3tomidi.train.datasets.public.tables import read_csv
from mp3tomidi.train.datasets.recordings import Recording

TABLE = "TinySOL_metadata.csv"
_SPLIT_OF_FOLD = ("train", "train", "train", "valid", "test")


def read(folder: Path) -> Iterator[Recording]:
    """The notes of the set. Raises LabelsError where its table is missing or damaged."""
    dataset = open_mirdata("tinysol", found_folder(folder), {})
    metadata_of(dataset, folder / "annotation" / TABLE)
    rows = read_csv(folder / "annotation" / TABLE, ("Path",))  # which mirdata's metadata leave out
    sounds = {Path(row["Path"]).stem: folder / "audio" / row["Path"] for row in rows}
    dataset._index["tracks"] = index_of({name: {"audio": path} for name, path in sounds.items()}, folder)
    for name, track in tracks_of(dataset, lambda name: sounds[name]):
        if is_there(sounds[name]):
            split = _SPLIT_OF_FOLD[track.split]
            yield Recording(name, "tinysol", sounds[name], classes=(track.instrument_full,), split=split)
