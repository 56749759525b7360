"""SQLite store of recordings and jobs: state, settings and edits. Survives restarts.

The schema has a version (`PRAGMA user_version`); a file of an older one is migrated, a file of a newer one refused.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mp3tomidi.transcribe.errors import Mp3toMidiError

MIGRATIONS = (
    """
    CREATE TABLE recordings (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        created_s REAL NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        info TEXT NOT NULL DEFAULT '{}',
        settings TEXT NOT NULL DEFAULT '{}',
        position INTEGER NOT NULL DEFAULT 0,
        revision INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE steps (
        recording TEXT NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (recording, number)
    );
    """,
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        options TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        created_s REAL NOT NULL,
        started_s REAL,
        worked_s REAL NOT NULL DEFAULT 0
    );
    """,
)

# States of a recording. The last four are final until somebody asks for it to be transcribed again.
QUEUED, HEARING, DONE, FAILED, CANCELLED, INTERRUPTED = (
    "queued",
    "hearing",
    "done",
    "failed",
    "cancelled",
    "interrupted",
)


class StoreError(Mp3toMidiError):
    """A database that cannot be used."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A row. `info` is there once it is transcribed; `revision` counts the changes of the document."""

    id: str
    name: str
    size_bytes: int
    created_s: float
    state: str
    reason: str | None
    info: dict[str, Any]
    settings: dict[str, Any]
    position: int
    revision: int


class Store:
    """The database in a file. May be used from any thread.

    Raises StoreError if the file is of a newer version, or none.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("PRAGMA foreign_keys = ON")
            self._migrate(path)
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path} cannot be used ({error}); move it away, or name another --folder") from error

    def _migrate(self, path: Path) -> None:
        version = int(self._database.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise StoreError(f"{path} is of a newer mp3tomidi; update this one, or name another --folder")
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            self._database.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def query(self, sql: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All changes within it, or none."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def add(self, id: str, name: str, size_bytes: int) -> Recording:
        row = (id, name, size_bytes, time.time(), QUEUED)
        with self.transaction() as database:
            database.execute("INSERT INTO recordings (id, name, size_bytes, created_s, state) VALUES (?,?,?,?,?)", row)
        return self.get(id)

    def get(self, id: str) -> Recording:
        """Raises KeyError."""
        with self._lock:
            row = self._database.execute("SELECT * FROM recordings WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise KeyError(id)
        return _recording(row)

    def all(self) -> list[Recording]:
        """The newest first."""
        with self._lock:
            rows = self._database.execute("SELECT * FROM recordings ORDER BY created_s DESC, rowid DESC").fetchall()
        return [_recording(row) for row in rows]

    def count(self) -> int:
        with self._lock:
            return int(self._database.execute("SELECT COUNT(*) FROM recordings").fetchone()[0])

    def delete(self, id: str) -> None:
        with self.transaction() as database:
            database.execute("DELETE FROM recordings WHERE id = ?", (id,))

    def rename(self, id: str, name: str) -> None:
        with self.transaction() as database:
            database.execute("UPDATE recordings SET name = ? WHERE id = ?", (name, id))

    def set_state(self, id: str, state: str, reason: str | None = None) -> None:
        with self.transaction() as database:
            database.execute("UPDATE recordings SET state = ?, reason = ? WHERE id = ?", (state, reason, id))

    def set_info(self, id: str, info: Mapping[str, Any]) -> None:
        with self.transaction() as database:
            database.execute("UPDATE recordings SET info = ? WHERE id = ?", (json.dumps(dict(info)), id))

    def steps(self, id: str) -> list[dict[str, Any]]:
        """All edits in order, undone ones too."""
        query = "SELECT body FROM steps WHERE recording = ? ORDER BY number"
        with self._lock:
            return [json.loads(row["body"]) for row in self._database.execute(query, (id,)).fetchall()]

    def change(
        self,
        id: str,
        revision: int,
        *,
        settings: Mapping[str, Any] | None,
        keep: int | None,
        append: Iterable[Mapping[str, Any]],
        position: int | None,
    ) -> int | None:
        """Change settings and edits of the document of that revision; the new revision, None if it is another by now.

        keep: how many edits stay, before those that are appended; None for all. position: how many of them are done.
        Raises KeyError; IndexError for a `keep` or `position` beyond what is there.
        """
        with self.transaction() as database:
            recording = self.get(id)
            if recording.revision != revision:
                return None
            query = "SELECT COUNT(*) FROM steps WHERE recording = ?"
            count = int(database.execute(query, (id,)).fetchone()[0])
            kept = count if keep is None else keep
            if kept > count:
                raise IndexError(f"there are {count} steps, of which {kept} cannot be kept")
            database.execute("DELETE FROM steps WHERE recording = ? AND number >= ?", (id, kept))
            rows = [(id, number, json.dumps(dict(step))) for number, step in enumerate(append, start=kept)]
            database.executemany("INSERT INTO steps VALUES (?,?,?)", rows)
            count = kept + len(rows)
            at = (count if rows else min(recording.position, count)) if position is None else position
            if at > count:
                raise IndexError(f"there are {count} steps, of which {at} cannot be done")
            chosen = json.dumps(recording.settings if settings is None else dict(settings))
            database.execute(
                "UPDATE recordings SET settings = ?, position = ?, revision = revision + 1 WHERE id = ?",
                (chosen, at, id),
            )
        return revision + 1


def _recording(row: sqlite3.Row) -> Recording:
    values = {key: row[key] for key in row.keys()}  # noqa: SIM118  (a Row is no mapping)
    values["info"], values["settings"] = json.loads(row["info"]), json.loads(row["settings"])
    return Recording(**values)
