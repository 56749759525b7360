"""Uploads: one recording a request, its bytes as they are, straight to disk and within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import Folder, new_id
from mp3tomidi.serve.limits import Limits

LONGEST_NAME = 200
_WRITTEN_BYTES = 1 << 20  # gathered before they are written


def shown_name(name: str) -> str:
    """A file's name as it is shown: its last part, without what cannot be seen. It never becomes part of a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip()
    return visible[:LONGEST_NAME] or "recording"


def checked_name(name: object) -> str:
    """A new name that somebody has given, as it is shown. Raises RefusalError for what is none."""
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise RefusalError(422, f"name must be a text of 1 to {LONGEST_NAME} signs")
    return shown_name(name)


class Uploads:
    """Belongs to one event loop: so many uploads are read at once, the others wait unread."""

    def __init__(self, folder: Folder, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self._turns = asyncio.Semaphore(limits.uploads_at_once)

    async def receive(self, claimed_bytes: int | None, body: AsyncIterator[bytes]) -> tuple[str, int]:
        """Store a body under a new id; the id and the size in bytes.

        Raises RefusalError: too large, too slow, empty, or the disk is full.
        """
        if claimed_bytes is not None and claimed_bytes > self._limits.upload_bytes:
            raise self._too_large()
        id = new_id()
        incoming = self._folder.incoming / id
        async with self._turns:
            try:
                async with asyncio.timeout(self._limits.upload_s):
                    size = await self._write(incoming, body)
                self._folder.adopt(incoming, id)
            except TimeoutError:
                raise RefusalError(408, f"an upload may take {self._limits.upload_s:.0f} s") from None
            except OSError as error:
                raise RefusalError(507, f"it cannot be stored: {error.strerror}") from error
            finally:
                with contextlib.suppress(OSError):
                    incoming.unlink(missing_ok=True)
        return id, size

    async def _write(self, path: Path, body: AsyncIterator[bytes]) -> int:
        size, waiting = 0, bytearray()
        with path.open("xb") as file:
            async for chunk in body:
                size += len(chunk)
                if size > self._limits.upload_bytes:
                    raise self._too_large()
                waiting += chunk
                if len(waiting) >= _WRITTEN_BYTES:
                    await asyncio.to_thread(file.write, bytes(waiting))
                    waiting.clear()
            file.write(waiting)
        if not size:
            raise RefusalError(400, "the upload is empty")
        return size

    def _too_large(self) -> RefusalError:
        return RefusalError(413, f"a recording may have {self._limits.upload_bytes >> 20} MB; cut it in parts")
