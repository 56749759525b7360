"""Sends what changes on the server to every open page, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

_WAITING = 1000  # messages that a page may leave unread before it is dropped, and connects again
_SIGN_OF_LIFE_S = 15.0


class Broadcast:
    """Belongs to one event loop."""

    def __init__(self, most_listeners: int) -> None:
        self._queues: set[asyncio.Queue[bytes | None]] = set()
        self._most = most_listeners

    @property
    def is_full(self) -> bool:
        return len(self._queues) >= self._most

    def send(self, kind: str, content: dict[str, Any]) -> None:
        """Send to all open streams."""
        message = f"event: {kind}\ndata: {json.dumps(content)}\n\n".encode()
        for queue in list(self._queues):
            try:
                queue.put_nowait(message)
            except asyncio.QueueFull:
                self._queues.discard(queue)

    def close(self) -> None:
        """End all streams."""
        for queue in self._queues:
            while queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
        self._queues.clear()

    async def listen(self) -> AsyncIterator[bytes]:
        """Messages from now on, and now and then a comment, until the server closes."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING)
        self._queues.add(queue)
        try:
            yield b"retry: 1000\n\n"
            while queue in self._queues:
                try:
                    message = await asyncio.wait_for(queue.get(), _SIGN_OF_LIFE_S)
                except TimeoutError:
                    message = b": still here\n\n"
                if message is None:
                    return
                yield message
        finally:
            self._queues.discard(queue)
