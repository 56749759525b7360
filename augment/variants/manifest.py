"""The manifest of a folder of copies: JSON, one object a line.

The first line says what all copies have in common: the version of this format, the recipe with all its ranges, seed,
format, rate, tail, and where the sounds lay. Each other line is a copy: its file, checksum and length, the sound that
it is of, with its checksum and class, its label files, and each effect in the order in which it was applied, with what
was drawn; or a sound of which nothing could be made, and why ("error").

A manifest may be larger than memory: it is read and written line by line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mp3tomidi.augment import json_lines, recipe
from mp3tomidi.augment.variants.making import Settings
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.outputs.files import written_beside

NAME = "manifest.jsonl"
KIND = "mp3tomidi-augment"
VERSION = 1

Row = dict[str, Any]


class ManifestError(Mp3toMidiError):
    """A manifest that cannot be read, or is of something else."""


@dataclass(frozen=True)
class Head:
    """The first line."""

    settings: Settings
    sources: str  # the folder of the sounds, relative to that of the manifest

    def to_row(self) -> Row:
        settings = self.settings
        return {
            "manifest": KIND,
            "version": VERSION,
            "recipe": settings.recipe.to_mapping(),
            "seed": settings.seed,
            "format": settings.format_name,
            "rate_hz": settings.rate_hz,
            "tail_s": settings.tail_s,
            "sources": self.sources,
        }


def read_head(path: Path) -> Head:
    """Raises ManifestError, also for one of another version."""
    try:
        head = _parsed(path, next(_lines(path), b"{}"))
        if head.get("manifest") != KIND:
            raise ManifestError(f"{path}: not a manifest of {KIND} (its first line does not say that it is one)")
        if head["version"] != VERSION:
            raise ManifestError(
                f"{path}: a manifest of version {head['version']}, but this program reads version {VERSION}; "
                "make the data set again, or use the version of mp3tomidi that made it"
            )
        made_of = recipe.from_mapping(head["recipe"])
        settings = Settings(made_of, head["seed"], head["format"], head["rate_hz"], head["tail_s"])
        return Head(settings, head["sources"])
    except recipe.RecipeError as error:
        raise ManifestError(f"{path}: its recipe is not one of this version of mp3tomidi: {error}") from error
    except (KeyError, TypeError) as error:
        raise ManifestError(f"{path}: its first line is damaged; make the data set again") from error


def read_rows(path: Path) -> Iterator[Row]:
    """The rows after the head. Raises ManifestError. A last line that an interruption has cut off is left out."""
    lines = _lines(path)
    next(lines, None)
    for line in lines:
        yield _parsed(path, line)


def start(path: Path, head: Head, is_kept: Callable[[Row], bool]) -> None:
    """A manifest of this head and those of its rows that are kept. Raises ManifestError, OutputError."""
    with written_beside(path) as beside, beside.open("wb") as file:
        file.write(json_lines.to_line(head.to_row()))
        if path.exists():
            file.writelines(json_lines.to_line(row) for row in read_rows(path) if is_kept(row))


def sort(path: Path) -> None:
    """Puts the rows in the order of their sources and copies, whatever the order in which they were made.

    Raises ManifestError, OutputError.
    """
    places: list[tuple[str, int, int]] = []  # source, copy, where its line begins
    with path.open("rb") as file, written_beside(path) as beside, beside.open("wb") as result:
        result.write(file.readline())
        place = file.tell()
        for line in file:
            row = _parsed(path, line)
            places.append((row["source"], row.get("copy", 0), place))
            place += len(line)
        for *_, place in sorted(places):
            file.seek(place)
            result.write(file.readline())


def path_from(folder: Path, sources: Path) -> str:
    """The folder of the sounds as a manifest in `folder` says it; what lies on another drive is named in full."""
    try:
        return Path(os.path.relpath(sources.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return str(sources.resolve())


def _lines(path: Path) -> Iterator[bytes]:
    try:
        yield from json_lines.whole_lines(path)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror})") from error


def _parsed(path: Path, line: bytes) -> Row:
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError) as error:
        raise ManifestError(f"{path}: not a manifest of {KIND} (it has a line that is no JSON object)") from error
