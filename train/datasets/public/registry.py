"""The data sets by name, as `--dataset NAME:FOLDER` or `NAME/SPLIT:FOLDER` asks for them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

SPLITS = ("train", "valid", "test")
EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set that can be read: its module in this package, what is labelled, and the licence of its labels."""

    module: str
    labels: str
    licence: str


DATASETS = {
    "maestro": DataSet("maestro", "notes", "CC BY-NC-SA 4.0"),
    "maps": DataSet("maps", "notes", "CC BY-NC-SA 2.0 FR"),
    "guitarset": DataSet("guitarset", "notes", "CC BY 4.0"),
    "vocadito": DataSet("vocadito", "notes", "CC BY 4.0"),
    "musicnet": DataSet("musicnet", "notes", "CC BY 4.0"),
    "slakh": DataSet("slakh", "notes, drums", "CC BY 4.0"),
    "groove": DataSet("groove", "drums", "CC BY 4.0"),
    "e_gmd": DataSet("e_gmd", "drums", "CC BY 4.0"),
    "mdb_drums": DataSet("mdb_drums", "drums", "CC BY-NC-SA 4.0"),
    "nsynth": DataSet("nsynth", "notes, classes", "CC BY 4.0"),
    "good_sounds": DataSet("good_sounds", "notes, classes", "CC BY-SA 4.0"),
    "egfxset": DataSet("egfxset", "notes, classes", "CC BY 4.0"),
    "tinysol": DataSet("tinysol", "classes", "CC BY 4.0"),
    "medley_solos": DataSet("medley_solos", "classes", "CC BY 4.0"),
    "irmas": DataSet("irmas", "classes", "CC BY-NC-SA 3.0"),
    "openmic": DataSet("openmic", "classes", "CC BY 4.0"),
    "gtzan": DataSet("gtzan", "classes", "none stated"),
    "magnatagatune": DataSet("magnatagatune", "classes", "CC BY-NC-SA 3.0"),
    "midi": DataSet("midi_folder", "notes, drums", "yours"),
    "jams": DataSet("jams_folder", "notes, classes", "yours"),
    "folder": DataSet("own_folder", "notes, drums", "yours"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A data set on disk, and the split of it that is asked for: one of SPLITS, another that the set has, EVERYTHING,
    or None, which leaves it to what it is wanted for."""

    name: str
    folder: Path
    split: str | None = None

    @property
    def licence(self) -> str:
        return DATASETS[self.name].licence

    def __str__(self) -> str:
        return f"{self.name}{'' if self.split is None else f'/{self.split}'}:{self.folder}"


def wanted(text: str) -> Wanted:
    """What NAME:FOLDER or NAME/SPLIT:FOLDER asks for. Raises ValueError, with a sentence that says what to write."""
    head, colon, folder = text.partition(":")
    name, slash, split = head.partition("/")
    if name not in DATASETS:
        raise ValueError(f"{text!r}: there is no data set {name!r}, only {', '.join(DATASETS)}")
    if not colon or not folder or (slash and not split):
        raise ValueError(f"{text!r}: write {name}:FOLDER, or {name}/SPLIT:FOLDER with one of {', '.join(SPLITS)}, all")
    return Wanted(name, Path(folder), split or None)


def read_dataset(dataset: Wanted, usual_split: str = EVERYTHING) -> list[Recording]:
    """The recordings of a data set that can be used, by name; each of the others is named in a warning.

    usual_split: the one that is read unless the data set is asked for with another. A set without splits is read
    whole. EVERYTHING is train, valid and test.
    Raises LabelsError where the set cannot be found or read, or there is nothing of the split in it.
    """
    read = importlib.import_module(f"{__package__}.{DATASETS[dataset.name].module}").read
    found: Iterator[Recording] = read(dataset.folder)
    split = dataset.split or usual_split
    recordings = list(found)
    has_splits = any(recording.split for recording in recordings)
    if split == EVERYTHING:
        kept = [recording for recording in recordings if recording.split in ("", *SPLITS)]
    elif dataset.split is None and not has_splits:
        kept = recordings
    else:
        kept = [recording for recording in recordings if recording.split == split]
    if not kept:
        there = sorted({recording.split for recording in recordings if recording.split})
        has = f"it has {', '.join(there)}" if there else "it has no splits" if recordings else "none can be used"
        raise LabelsError(f"{dataset}: no recordings of the split {split!r}; {has}")
    return sorted(kept, key=lambda recording: (recording.set_name, recording.name))
