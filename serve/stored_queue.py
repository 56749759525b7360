"""First-in, first-out queue of jobs whose states lie in the database, and the slots that work on it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from mp3tomidi.serve.broadcast import Broadcast
from mp3tomidi.serve.store import CANCELLED, INTERRUPTED, QUEUED
from mp3tomidi.serve.waiting_line import WaitingLine


class Row(Protocol):
    """A job as the table has it."""

    @property
    def id(self) -> str: ...

    @property
    def state(self) -> str: ...


class Table(Protocol):
    """Where the states of jobs are kept."""

    def all(self) -> Sequence[Row]:
        """The newest first."""

    def set_state(self, id: str, state: str, reason: str | None = None) -> None: ...


class StoredQueue(ABC):
    """Belongs to one event loop: `run` works until it is cancelled.

    at_once: how many jobs are worked on side by side; event: the kind of message to pages when a job's state changes.
    """

    AT_WORK: str
    """The state of a job that is worked on."""
    STOPPED: str
    """Why one is interrupted that was at work when the server ended."""

    def __init__(self, table: Table, broadcast: Broadcast, at_once: int, event: str) -> None:
        self._table, self._broadcast, self._at_once, self._event = table, broadcast, at_once, event
        self._queue = WaitingLine()

    @abstractmethod
    async def _slot(self) -> None:
        """Work on one job after the other."""

    @abstractmethod
    def _stop(self, id: str) -> bool:
        """Ask a job that is worked on to stop. False if it is not."""

    def recover(self) -> None:
        """Take up what a server before this one has left: what waited waits on, what was at work says so."""
        for row in reversed(self._table.all()):
            if row.state == QUEUED:
                self._queue.add(row.id)
            elif row.state == self.AT_WORK:
                self._table.set_state(row.id, INTERRUPTED, self.STOPPED)

    def add(self, id: str) -> None:
        """Queue a job, new or to be done again."""
        self._set(id, QUEUED)
        self._queue.add(id)

    def cancel(self, id: str) -> bool:
        """Take a job from the queue, or stop it. False if it is in neither."""
        if self._queue.remove(id):
            self._set(id, CANCELLED)
            return True
        return self._stop(id)

    def place(self, id: str) -> int | None:
        """How many are before it in the queue."""
        return self._queue.place(id)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._slot())

    def _set(self, id: str, state: str, reason: str | None = None) -> None:
        self._table.set_state(id, state, reason)
        self._broadcast.send(self._event, {"id": id})
