"""OpenMIC-2018 (Humphrey et al. 2018): which of twenty instruments sound in 20,000 clips of 10 s.

Licence: CC BY 4.0 (the recordings: Creative Commons, each its own). Split: official, in partitions/ (train, test).
Layout, as mirdata's (the folder may also be the one above):

    openmic-2018/openmic-2018-metadata.csv    openmic-2018-aggregated-labels.csv    partitions/    audio/000/KEY.ogg

Only some instruments were asked about for each clip. Those that more than half of the answers say are its classes; what
nobody was asked about is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.mirdata_index import index_of, metadata_of, open_mirdata, tracks_of
from mp3tomidi.train.datasets.recordings import Recording

PRESENT = 0.5  # relevance above which an instrument is there, as the set's authors have it
_SPLITS = {"split01_train": "train", "split01_test": "test"}


def read(folder: Path) -> Iterator[Recording]:
    """The clips of the set that have a class. Raises LabelsError where its tables are missing or damaged."""
    folder = found_folder(folder, "openmic-2018")
    dataset = open_mirdata("openmic2018", folder, {})
    table = metadata_of(dataset, folder)
    sounds = {key: folder / "audio" / key[:3] / f"{key}.ogg" for key in table}
    dataset._index["tracks"] = index_of({key: {"audio": path, "vggish": None} for key, path in sounds.items()}, folder)
    for key, track in tracks_of(dataset, lambda key: sounds[key]):
        classes = tuple(name for name, relevance in track.instruments.items() if relevance > PRESENT)
        if classes and is_there(sounds[key]):
            yield Recording(key, "openmic", sounds[key], classes=classes, split=_SPLITS.get(track.split, ""))
