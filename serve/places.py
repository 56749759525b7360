"""Folders that the server may read data sets from, and how requests name what lies in them.

A place is the name of one of the folders and a path below it, "music/jazz/001.wav". Nothing outside of the folders has
a place: neither ".." nor a symbolic link leads out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.transcribe.audio.folders import is_visible_sound

MADE = "made"
"""The name of the folder with the data sets that the server has made."""
MOST_LISTED = 2000  # sounds, and folders, in one answer
MOST_COUNTED = 20_000  # sounds below a folder


class Places:
    """roots: the folders; made: where the server's own data sets lie."""

    def __init__(self, roots: Iterable[Path], made: Path) -> None:
        self._roots: dict[str, Path] = {}
        for root in roots:
            self._roots[_free_name(root.resolve().name or "files", {*self._roots, MADE})] = root.resolve()
        self._roots[MADE] = made.resolve()

    @property
    def names(self) -> list[str]:
        """Of the folders, the one with what the server has made last."""
        return list(self._roots)

    def path(self, place: object) -> Path:
        """Raises RefusalError for a place that is none or where nothing is."""
        if not isinstance(place, str) or "\0" in place:
            raise RefusalError(422, "a place is a text, such as music/jazz")
        name, _, inside = place.replace("\\", "/").partition("/")
        root = self._roots.get(name)
        if root is None:
            raise RefusalError(404, f"there is no folder {name!r}; mp3tomidi serve --data FOLDER shows one")
        path = (root / inside.strip("/")).resolve()
        if not path.is_relative_to(root) or not path.exists():
            raise RefusalError(404, f"there is nothing at {place!r}")
        return path

    def folder(self, place: object) -> Path:
        """Raises RefusalError for a place that is no folder."""
        path = self.path(place)
        if not path.is_dir():
            raise RefusalError(422, f"{place} is a file; name the folder that it lies in")
        return path

    def sound(self, place: object) -> Path:
        """Raises RefusalError for a place that is no sound file."""
        path = self.path(place)
        if not path.is_file() or not is_visible_sound(path.name):
            raise RefusalError(422, f"{place} is no sound file")
        return path

    def place(self, path: Path) -> str:
        """What `path` leads to. Raises ValueError for what lies outside."""
        for name, root in self._roots.items():
            if path.is_relative_to(root):
                inside = path.relative_to(root).as_posix()
                return name if inside == "." else f"{name}/{inside}"
        raise ValueError(f"{path} lies in none of the folders")

    def roots(self) -> list[dict[str, Any]]:
        """The folders as the API lists them; that of the server itself only if something is in it."""
        return [
            _described(name, path)
            for name, path in self._roots.items()
            if path.is_dir() and (name != MADE or any(path.iterdir()))
        ]

    def listing(self, place: str) -> dict[str, Any]:
        """What a folder holds: its folders, its sounds, recipes, and how many sounds lie in and below it."""
        path = self.folder(place)
        folders, sounds, recipes = [], [], []
        for entry in sorted(_entries(path), key=lambda entry: entry.name.lower()):
            if entry.is_dir():
                folders.append(_described(f"{place.rstrip('/')}/{entry.name}", Path(entry.path)))
            elif is_visible_sound(entry.name):
                size = entry.stat().st_size
                sounds.append({"place": f"{place.rstrip('/')}/{entry.name}", "name": entry.name, "size_bytes": size})
            elif entry.name.endswith(".toml"):
                recipes.append(f"{place.rstrip('/')}/{entry.name}")
        return {
            "place": place,
            "folders": folders[:MOST_LISTED],
            "sounds": sounds[:MOST_LISTED],
            "recipes": recipes[:MOST_LISTED],
            "sound_count": count_sounds(path),
        }


def count_sounds(folder: Path) -> int:
    """The sounds in and below a folder; no further than MOST_COUNTED."""
    count = 0
    for _, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        count += sum(is_visible_sound(name) for name in names)
        if count >= MOST_COUNTED:
            return MOST_COUNTED
    return count


def _described(place: str, path: Path) -> dict[str, Any]:
    """A folder in a list, with the sounds that lie in it directly."""
    try:
        own = sum(entry.is_file() and is_visible_sound(entry.name) for entry in _entries(path))
    except OSError:
        own = 0
    return {"place": place, "name": path.name if "/" in place else place, "own_sounds": own}


def _entries(path: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            yield from (entry for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise RefusalError(403, f"{path.name} cannot be opened ({error.strerror})") from error


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
