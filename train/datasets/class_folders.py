"""A folder with a sub-folder for each class: FOLDER/CLASS/.../RECORDING. Of this form is GTZAN, too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from mp3tomidi.augment.variants import manifest as manifests
from mp3tomidi.train.datasets.labelled_recordings import (
    LabelledParts,
    LabelledRecording,
    find_lists,
    parts_by_seed,
    parts_of_lists,
    read_list,
)
from mp3tomidi.transcribe.audio.files import AUDIO_SUFFIXES
from mp3tomidi.transcribe.errors import LabelsError

GTZAN_FOLDERS = ("genres_original", "genres")  # which the classes lie in, as the data set is handed round
_log = logging.getLogger(__name__)


def read_class_folders(folder: Path, classes: Sequence[str], seed: int, *, others: bool = False) -> LabelledParts:
    """The recordings below FOLDER/CLASS, or FOLDER/genres/CLASS as in GTZAN.

    classes: the folders that count; none: all folders, by name. others: whether what lies in other folders counts as
    being of no class, as it may where classes do not exclude each other; if not, it is left out with a warning.
    List files (labelled_recordings) lie in FOLDER or beside the classes; their paths begin with the class. GTZAN's name
    mp3 files where wav or au files lie: the suffix may differ. Where `mp3tomidi-augment apply` has made the folder, its
    manifest says which recordings are copies of one source, and those are of one part.
    Raises LabelsError where a class has no folder, a folder no recording, or there are fewer than two classes;
    ManifestError where the manifest cannot be read.
    """
    if not folder.is_dir():
        raise LabelsError(f"{folder}: there is no such folder; --data names the one with a sub-folder for each class")
    root = next((folder / name for name in GTZAN_FOLDERS if (folder / name).is_dir()), folder)
    there = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    names = tuple(classes) or tuple(there)
    if missing := [name for name in names if name not in there]:
        raise LabelsError(f"{root}: no folder for the class {missing[0]!r}, only {', '.join(there) or 'none'}")
    if len(there if others else names) < 2:
        raise LabelsError(f"{root}: one folder or none; two or more are needed, one for each class")
    unnamed = [name for name in there if name not in names]
    if unnamed and not others:
        _log.warning("%s: left out, as they are no classes of the task: %s", root, ", ".join(unnamed))
    recordings = {name: _recordings(root / name) for name in (*names, *(unnamed if others else ()))}
    if empty := [name for name, found in recordings.items() if not found]:
        raise LabelsError(f"{root / empty[0]}: no recordings (nothing that ends like .wav); a class needs some")

    def find(line: str) -> LabelledRecording | None:
        path = Path(line)
        name = path.parts[0] if len(path.parts) > 1 else ""
        if name in there and name not in recordings:
            return None
        for recording in recordings.get(name, []):
            if recording.relative_to(root).with_suffix("") == path.with_suffix(""):
                return LabelledRecording(recording, (name,) if name in names else ())
        raise FileNotFoundError(line)

    lists = find_lists(root) or find_lists(folder)
    if lists:
        return parts_of_lists(lists, names, find)
    sources = _sources_of_copies(root)
    found = [
        LabelledRecording(path, (name,) if name in names else (), sources.get(path))
        for name, paths in recordings.items()
        for path in paths
    ]
    return parts_by_seed(found, names, seed)


def read_class_list(file: Path, classes: Sequence[str], *, others: bool = False) -> list[LabelledRecording]:
    """The recordings of a list file, a path a line, relative to the file's folder; the folder it lies in is its class.

    others: whether a recording in no class's folder counts as being of none. Blank lines and those that begin with #
    are passed over. Raises LabelsError, with file and line, where a recording is not there or in no class's folder.
    """
    recordings = []
    for number, line in enumerate(read_list(file).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        path = file.parent / line.strip()
        name = next((part for part in reversed(path.parent.parts) if part in classes), None)
        if not path.is_file():
            raise LabelsError(f"{file}, line {number}: there is no recording {line.strip()}; take the line out")
        if name is None and not others:
            raise LabelsError(
                f"{file}, line {number}: {line.strip()} lies in no folder of a class ({', '.join(classes)})"
            )
        recordings.append(LabelledRecording(path, () if name is None else (name,)))
    if not recordings:
        raise LabelsError(f"{file}: lists no recording")
    return recordings


def _sources_of_copies(root: Path) -> dict[Path, Path]:
    """What each copy in a folder that `mp3tomidi-augment apply` has made is a copy of; nothing in other folders."""
    manifest = root / manifests.NAME
    if not manifest.is_file():
        return {}
    return {root / row["file"]: Path(row["source"]) for row in manifests.read_rows(manifest) if "file" in row}


def _recordings(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in AUDIO_SUFFIXES and path.is_file() and not path.name.startswith(".")
    )
