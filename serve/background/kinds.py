"""Kinds of jobs, each a command of this project that runs in a process of its own."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mp3tomidi.serve.background.table import Job
from mp3tomidi.serve.folder import Folder
from mp3tomidi.serve.places import Places
from mp3tomidi.serve.store import CANCELLED, DONE, FAILED

INTERRUPTED_STATUS = 130


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The files of one job."""

    path: Path

    @property
    def log(self) -> Path:
        """What the command printed."""
        return self.path / "log.txt"

    @property
    def progress(self) -> Path:
        """{"done": n, "total": n}, by commands of this package."""
        return self.path / "progress.json"

    @property
    def result(self) -> Path:
        """What the page shows, as JSON."""
        return self.path / "result.json"

    @property
    def listed(self) -> Path:
        """The recordings that are meant, where that is not the whole of a folder: [[name, class or null], ...]."""
        return self.path / "list.json"

    @property
    def run(self) -> Path:
        """Of a training run: recipe.json, log.jsonl, state.pt, weights/ and reports."""
        return self.path / "run"


@dataclass(frozen=True, slots=True)
class JobContext:
    """What kinds of jobs need of the server."""

    folder: Folder
    places: Places

    def of(self, id: str) -> JobFolder:
        return JobFolder(self.folder.jobs / id)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. fraction: 0 to 1, None where nobody can tell; rows: of its log of figures."""

    fraction: float | None = None
    text: str = ""
    rows: int = 0


class Kind(Protocol):
    """One kind of job. Its options have been checked when `command` is asked for."""

    def check(self, options: object, context: JobContext) -> dict[str, Any]:
        """The options, whole. Raises RefusalError."""
        ...

    def command(self, job: Job, context: JobContext) -> list[str]:
        """A module with a `main`, and its arguments. Called anew when a job is resumed."""
        ...

    def progress(self, job: Job, context: JobContext) -> Progress: ...

    def outcome(self, status: int, job: Job, context: JobContext) -> tuple[str, str | None]:
        """State and reason of a job whose command has ended by itself."""
        ...

    def remove(self, job: Job, context: JobContext) -> None:
        """What a job has left outside of its folder."""
        ...


class PlainKind:
    """Of commands that count in progress.json and write result.json."""

    def progress(self, job: Job, context: JobContext) -> Progress:
        counted = read_json(context.of(job.id).progress)
        if not counted or not counted.get("total"):
            return Progress()
        done, total = int(counted["done"]), int(counted["total"])
        return Progress(done / total, f"{done:,} of {total:,}")

    def outcome(self, status: int, job: Job, context: JobContext) -> tuple[str, str | None]:
        return usual_outcome(status, context.of(job.id))

    def remove(self, job: Job, context: JobContext) -> None:
        pass


def usual_outcome(status: int, folder: JobFolder) -> tuple[str, str | None]:
    """By the exit status; the last line of what was printed is the reason of a failure."""
    if status == 0:
        return DONE, None
    if status == INTERRUPTED_STATUS:
        return CANCELLED, None
    return FAILED, last_line(folder.log) or f"it ended with status {status}"


def last_line(path: Path) -> str:
    """Of a log; without the name of the command before its message."""
    lines = deque(log_lines(path, 8192), maxlen=1)
    line = lines[0] if lines else ""
    command, separator, message = line.partition(": ")
    return message if separator and command.startswith("mp3tomidi") else line


def log_lines(path: Path, most_bytes: int) -> list[str]:
    """The last lines of a log; of a line that was written over, what stands."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - most_bytes))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip("\r").rpartition("\r")[2].rstrip() for line in text.split("\n") if line.strip()]


def read_json(path: Path) -> dict[str, Any] | None:
    """None for a file that is not there or not whole."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


_counted: dict[Path, tuple[int, int]] = {}  # bytes of a file that were read, and the rows in them


def count_rows(path: Path) -> int:
    """The lines of a file that only grows: what was counted before is not read again, however long it is."""
    read_bytes, rows = _counted.get(path, (0, 0))
    try:
        with path.open("rb") as file:
            if file.seek(0, 2) < read_bytes:  # another file by now
                read_bytes = rows = 0
            file.seek(read_bytes)
            for block in iter(lambda: file.read(1 << 20), b""):
                rows += block.count(b"\n")
                read_bytes += len(block)
    except OSError:
        _counted.pop(path, None)
        return 0
    _counted[path] = read_bytes, rows
    return rows
