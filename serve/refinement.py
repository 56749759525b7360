"""Refines notes when somebody asks for it: their bends, and the pitch track of the lead line.

Both take seconds for a minute of music, so a process of its own works on them, and files keep them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict

from mp3tomidi.serve.background.helper import Helper
from mp3tomidi.serve.document import Settings
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import RecordingFolder

KEPT_BENT = 4
"""Settings of a recording whose bent notes stay on disk."""
_LOOKED_EVERY_S = 0.3

Gone = Callable[[], Awaitable[bool]]
"""Whether nobody waits for the answer any more."""


async def still_wanted() -> bool:
    """The `Gone` of a request that always waits."""
    return False


class Refinement:
    """Belongs to one event loop; one recording at a time."""

    def __init__(self, longest_s: float) -> None:
        self._helper = Helper(longest_s)
        self._turn = asyncio.Lock()

    async def prepare(self, folder: RecordingFolder, settings: Settings, gone: Gone = still_wanted) -> None:
        """See that the files are there which `Decoder.decode` needs for these settings.

        Raises RefusalError: too slow, or nobody waits any more.
        """
        if settings.melody and not folder.pitch_track.exists():
            await self._work(gone, "follow_pitch", folder)
        if settings.bends and not folder.bent(settings).exists():
            await self._work(gone, "bend", folder, asdict(settings))
            _forget_older(folder)

    def close(self) -> None:
        self._helper.close()

    async def _work(self, gone: Gone, question: str, folder: RecordingFolder, *arguments: object) -> None:
        async with self._turn:
            if await gone():
                raise RefusalError(499, "nobody waits for it any more")
            work = asyncio.create_task(self._helper.ask(question, str(folder.path), *arguments))
            while not work.done():
                await asyncio.wait((work,), timeout=_LOOKED_EVERY_S)
                if not work.done() and await gone():
                    self._helper.close()
            work.result()


def _forget_older(folder: RecordingFolder) -> None:
    files = []
    for file in folder.path.glob("bent-*.json"):
        with suppress(OSError):
            files.append((file.stat().st_mtime_ns, file))
    for _, file in sorted(files, reverse=True)[KEPT_BENT:]:
        file.unlink(missing_ok=True)
