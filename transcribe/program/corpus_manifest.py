"""The manifest of a transcribed corpus: JSON, a line a recording, in the order of their names once a run is through.

It grows while a run goes on and is never held in memory. At an address, where nothing can be added to a file, it is
kept on this machine and copied there now and then.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mp3tomidi.transcribe.errors import AudioError, OutputError
from mp3tomidi.transcribe.outputs.files import make_folder, written_beside
from mp3tomidi.transcribe.program.corpus_files import fetch, is_url, put

COPIED_EVERY_S = 60.0

Row = dict[str, Any]


class Manifest:
    """Where it lies: a path or an address. A context: on leaving it is copied, if it is at an address."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._folder = tempfile.mkdtemp(prefix="mp3tomidi-") if is_url(place) else None
        self._path = Path(self._folder, "manifest.jsonl") if self._folder else Path(place)
        self._copied_s = time.monotonic()

    def __enter__(self) -> Manifest:
        if self._folder is None:
            make_folder(self._path.parent)
            return self
        try:
            fetch(self.place, self._path)
        except AudioError:
            self._path.touch()  # the first run
        return self

    def __exit__(self, *error: object) -> None:
        if self._folder is not None:
            put(self._path, self.place)
            shutil.rmtree(self._folder, ignore_errors=True)

    def rows(self) -> Iterator[Row]:
        """Those that an earlier run has left; a last one that was cut off in writing is none."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield json.loads(line)

    def keep(self, is_kept: Callable[[Row], bool]) -> int:
        """Leaves the rows of an earlier run that hold, one a recording; returns how many. Raises OutputError."""
        known: set[str] = set()
        with written_beside(self._path) as beside, beside.open("wb") as file:
            for row in self.rows():
                if row["source"] not in known and is_kept(row):
                    known.add(row["source"])
                    file.write(_line(row))
        return len(known)

    def add(self, row: Row) -> None:
        """Raises OutputError."""
        try:
            with self._path.open("ab") as file:
                file.write(_line(row))
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror or error}") from error
        if self._folder is not None and time.monotonic() - self._copied_s > COPIED_EVERY_S:
            put(self._path, self.place)
            self._copied_s = time.monotonic()

    def sort(self) -> None:
        """Puts the rows in the order of their sources. Raises OutputError."""
        places: list[tuple[str, int]] = []
        with self._path.open("rb") as file, written_beside(self._path) as beside, beside.open("wb") as result:
            place = 0
            for line in file:
                if line.endswith(b"\n"):
                    places.append((json.loads(line)["source"], place))
                place += len(line)
            for _, place in sorted(places):
                file.seek(place)
                result.write(file.readline())


def _line(row: Row) -> bytes:
    """In ASCII, since names may hold what is no text."""
    return (json.dumps(row) + "\n").encode("ascii")
