"""First-in, first-out queue of jobs, with the state changes that both kinds of queues share."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable

ROOM_EVERY_S = 2.0
"""How often a full disk is tried again."""


class WaitingLine:
    """Ids, each once. Belongs to one event loop."""

    def __init__(self) -> None:
        self._ids: deque[str] = deque()
        self._arrived = asyncio.Event()

    def __contains__(self, id: object) -> bool:
        return id in self._ids

    def add(self, id: str) -> None:
        """At the end, unless it is there already."""
        if id not in self._ids:
            self._ids.append(id)
        self._arrived.set()

    def remove(self, id: str) -> bool:
        """False if it does not wait."""
        if id not in self._ids:
            return False
        self._ids.remove(id)
        return True

    def place(self, id: str) -> int | None:
        """How many are before it; None if it does not wait."""
        return self._ids.index(id) if id in self._ids else None

    async def next(self) -> str:
        """The first one, which waits no longer, as soon as there is one."""
        while not self._ids:
            self._arrived.clear()
            await self._arrived.wait()
        return self._ids.popleft()


async def settle(write: Callable[[], None]) -> None:
    """Write to the database; where the disk is full, as soon as there is room."""
    while True:
        try:
            return write()
        except sqlite3.OperationalError:
            await asyncio.sleep(ROOM_EVERY_S)
