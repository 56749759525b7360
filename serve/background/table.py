"""The jobs in the database: what is asked for, what has become of it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mp3tomidi.serve.store import QUEUED, Store

RUNNING = "running"
"""The state of a job that is worked on; the others are those of recordings."""


@dataclass(frozen=True, slots=True)
class Job:
    """A row. `options` depend on the kind; `worked_s` counts all pieces of an interrupted job."""

    id: str
    kind: str
    name: str
    options: dict[str, Any]
    state: str
    reason: str | None
    created_s: float
    started_s: float | None
    worked_s: float


class JobTable:
    """Jobs in a Store. May be used from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, id: str, kind: str, name: str, options: Mapping[str, Any]) -> Job:
        with self._store.transaction() as database:
            database.execute(
                "INSERT INTO jobs (id, kind, name, options, state, created_s) VALUES (?,?,?,?,?,?)",
                (id, kind, name, json.dumps(dict(options)), QUEUED, time.time()),
            )
        return self.get(id)

    def get(self, id: str) -> Job:
        """Raises KeyError."""
        rows = self._store.query("SELECT * FROM jobs WHERE id = ?", (id,))
        if not rows:
            raise KeyError(id)
        return _job(rows[0])

    def all(self) -> list[Job]:
        """The newest first."""
        return [_job(row) for row in self._store.query("SELECT * FROM jobs ORDER BY created_s DESC, rowid DESC")]

    def delete(self, id: str) -> None:
        with self._store.transaction() as database:
            database.execute("DELETE FROM jobs WHERE id = ?", (id,))

    def rename(self, id: str, name: str) -> None:
        with self._store.transaction() as database:
            database.execute("UPDATE jobs SET name = ? WHERE id = ?", (name, id))

    def set_options(self, id: str, options: Mapping[str, Any]) -> None:
        with self._store.transaction() as database:
            database.execute("UPDATE jobs SET options = ? WHERE id = ?", (json.dumps(dict(options)), id))

    def set_state(self, id: str, state: str, reason: str | None = None) -> None:
        """Leaving RUNNING adds to the time that was worked."""
        now_s = time.time()
        with self._store.transaction() as database:
            database.execute(
                "UPDATE jobs SET worked_s = worked_s + MAX(0, ? - started_s) WHERE id = ? AND state = ?",
                (now_s, id, RUNNING),
            )
            started_s = now_s if state == RUNNING else None
            database.execute(
                "UPDATE jobs SET state = ?, reason = ?, started_s = ? WHERE id = ?", (state, reason, started_s, id)
            )


def _job(row: sqlite3.Row) -> Job:
    values = {key: row[key] for key in row.keys()}  # noqa: SIM118  (a Row is no mapping)
    return Job(**{**values, "options": json.loads(row["options"])})
