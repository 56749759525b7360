"""`mp3tomidi-augment replay`: a copy that a manifest names, made again, byte for byte."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.variants import manifest as manifests
from mp3tomidi.augment.variants.making import ReplayError, effects_of, load, make
from mp3tomidi.augment.variants.manifest import Row
from mp3tomidi.augment.variants.worker import write_with_labels
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.outputs.files import make_folder


def replay(path: Path, name: str, out: Path, sources: Path | None = None, *, overwrite: bool = False) -> Path:
    """Make a row of a manifest again, its sound and its labels, and say where the sound is.

    name: the number of the row, 1 for the first copy, or the file that it names.
    out: the file, or a folder that it goes into under its own name.
    sources: the folder of the sounds, if it is no longer where it was.
    overwrite: whether files that exist may be replaced.

    Raises ReplayError if the row is not there, its sound has changed since, or what is made differs; ManifestError,
    AudioError, LabelsError and OutputError as their names say.
    """
    head = manifests.read_head(path)
    row = _row(path, name)
    place = out / Path(row["file"]).name if out.is_dir() or not out.suffix else out
    suffix = Path(row["file"]).suffix
    if place.suffix.lower() != suffix:
        raise OutputError(f"{place}: {row['file']} is made again as it was; name a folder or a {suffix} file")
    if not overwrite:
        _check_free(place, row)
    folder = sources or path.parent / head.sources
    sound = folder / row["source"]
    torch.set_num_threads(1)  # as those that made it
    if not sound.exists():
        raise ReplayError(f"{sound}: the sound of this row is not there; say with --sources where it is now")
    loaded = load(sound, [sound.parent / label for label in row["source_labels"]], head.settings)
    if loaded.sha256 != row["source_sha256"]:
        raise ReplayError(f"{sound}: it has changed since {row['file']} was made (its checksum differs)")
    if [checksum for _, checksum in loaded.labels] != row["source_labels_sha256"]:
        raise ReplayError(f"{sound}: its labels have changed since {row['file']} was made (their checksum differs)")
    chain = head.settings.recipe.chain(loaded.rate_hz)
    try:
        made = make(loaded, chain, effects_of(row, discovery.params_class), head.settings.format_name)
    except (IndexError, ReplayError) as error:
        raise ReplayError(f"{path}: {row['file']} cannot be made again: {error}") from error
    if made.row["sha256"] != row["sha256"]:
        raise ReplayError(
            f"{path}: what {row['file']} says makes another sound here; it was made with other versions of this "
            "program, torch or libsndfile"
        )
    make_folder(place.parent)
    write_with_labels(place, made)
    return place


def _check_free(place: Path, row: Row) -> None:
    """Raises OutputError if the sound or one of its labels is there already."""
    endings = [Path(label).name.removeprefix(Path(row["file"]).stem) for label in row["labels"]]
    for path in (place, *(place.with_name(place.stem + ending) for ending in endings)):
        if os.path.lexists(path):
            raise OutputError(f"{path} exists already: --overwrite replaces it")


def _row(path: Path, name: str) -> Row:
    number = int(name) if name.isdecimal() else None
    count = 0
    for count, row in enumerate(manifests.read_rows(path), start=1):
        if count == number or (number is None and row.get("file") == name):
            if "error" in row:
                raise ReplayError(f"{path}: row {name} is no copy but a failure: {row['error']}")
            return row
    if number is None:
        raise ReplayError(f"{path}: no row has the file {name!r}")
    raise ReplayError(f"{path}: there is no row {name}, only 1 to {count}")
