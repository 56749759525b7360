"""MagnaTagATune: annotations_final.csv, which says 0 or 1 for each clip and tag, and the clips in folders 0 to f.

Without list files the folders part the clips, as is the custom: 0 to b teach, c chooses, d to f measure.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from mp3tomidi.train.datasets.labelled_recordings import (
    PARTS,
    LabelledParts,
    LabelledRecording,
    find_lists,
    parts_of_lists,
)
from mp3tomidi.transcribe.errors import LabelsError

ANNOTATIONS = "annotations_final.csv"
_PART_OF_FOLDER = {**dict.fromkeys("0123456789ab", "train"), "c": "valid", **dict.fromkeys("def", "test")}
_NO_TAGS = ("clip_id", "mp3_path")
_log = logging.getLogger(__name__)


def read_magnatagatune(folder: Path, tags: Sequence[str]) -> LabelledParts:
    """The clips below FOLDER or FOLDER/mp3 that have at least one of the tags.

    Clips that the table names and the folder lacks, and empty files, of which the data set has three, are left out with
    a warning. Raises LabelsError where the table is damaged, lacks a tag, or leaves a part without clips.
    """
    clips: dict[str, LabelledRecording] = {}
    missing = []
    for row in _rows(folder / ANNOTATIONS, tags):
        present = tuple(tag for tag in tags if row[tag] == "1")
        name = row["mp3_path"]
        path = next((root / name for root in (folder, folder / "mp3") if (root / name).is_file()), None)
        if path is None or path.stat().st_size == 0:
            missing.append(name)
        elif present:
            clips[name] = LabelledRecording(path, present)
    if missing:
        _log.warning("%s: %d clips are not there or empty, %s among them", folder, len(missing), missing[0])
    lists = find_lists(folder)
    if lists:
        return parts_of_lists(lists, tags, lambda line: _listed(line, clips, folder))
    parts: dict[str, list[LabelledRecording]] = {part: [] for part in PARTS}
    for name, clip in clips.items():
        parts[part_of(name)].append(clip)
    if lacking := [part for part in PARTS if not parts[part]]:
        raise LabelsError(f"{folder}: no clips of the folders for {lacking[0]}; unpack all of the data set")
    return LabelledParts(tuple(tags), *(tuple(parts[part]) for part in PARTS))


def _listed(line: str, clips: dict[str, LabelledRecording], folder: Path) -> LabelledRecording | None:
    """The clip of a list's line; None where it is there, but has none of the tags."""
    if line in clips:
        return clips[line]
    if any((root / line).is_file() for root in (folder, folder / "mp3")):
        return None
    raise FileNotFoundError(line)


def tagged_clips(table: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The path of each clip that the table names, and all of its tags. Raises LabelsError where it is damaged."""
    for row in _rows(table, ()):
        yield row["mp3_path"], tuple(tag for tag, value in row.items() if tag not in _NO_TAGS and value == "1")


def part_of(name: str) -> str:
    """The part that a clip's folder is of, by the custom."""
    return _PART_OF_FOLDER.get(name[:1], "train")


def _rows(table: Path, tags: Sequence[str]) -> list[dict[str, str]]:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            columns = reader.fieldnames or ()
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelsError(f"{table}: cannot be read ({error})") from error
    if lacking := [name for name in (*tags, "mp3_path") if name not in columns]:
        raise LabelsError(f"{table}: has no column {lacking[0]!r}; the data set's own has all tags, tabs between them")
    if damaged := [number for number, row in enumerate(rows, start=2) if None in row.values()]:
        raise LabelsError(f"{table}, line {damaged[0]}: too few columns; download the table again")
    return rows
