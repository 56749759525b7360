"""The queue of recordings to transcribe, and the processes that do it: at most so many at once."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import sqlite3
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from mp3tomidi.serve import store, transcribing
from mp3tomidi.serve.broadcast import Broadcast
from mp3tomidi.serve.folder import Folder
from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.store import Store
from mp3tomidi.serve.stored_queue import StoredQueue
from mp3tomidi.serve.waiting_line import settle

_DIED = "the process that transcribed it has died: the file may be damaged, or memory too little; try again"


@dataclass(slots=True)
class Progress:
    """How far a recording is that is being transcribed."""

    stage: str = "starting"
    fraction: float = 0.0
    notes: list[dict[str, Any]] = field(default_factory=list)
    """Those that are shown until the whole is decided."""


class Jobs(StoredQueue):
    """The recordings that wait and those that are transcribed."""

    AT_WORK = store.HEARING
    STOPPED = "the server was stopped while it was transcribed; resume it"

    def __init__(self, store: Store, folder: Folder, broadcast: Broadcast, limits: Limits) -> None:
        super().__init__(store, broadcast, limits.jobs, "recording")
        self._store, self._folder, self._limits = store, folder, limits
        self._cancelled: dict[str, asyncio.Event] = {}
        self.progress: dict[str, Progress] = {}

    def _stop(self, id: str) -> bool:
        if id not in self._cancelled:
            return False
        self._cancelled[id].set()
        return True

    async def _slot(self) -> None:
        worker = await asyncio.to_thread(_Worker)  # loads its networks before there is anything to do
        try:
            while True:
                id = await self._queue.next()
                if not await self._transcribe(id, worker):
                    await asyncio.to_thread(worker.kill)
                    worker = await asyncio.to_thread(_Worker)
        finally:
            worker.kill()

    async def _transcribe(self, id: str, worker: _Worker) -> bool:
        """Have a recording transcribed. False if its process is of no further use."""
        try:
            recording = self._store.get(id)
        except KeyError:  # deleted meanwhile
            return True
        self._cancelled[id] = asyncio.Event()
        self.progress[id] = Progress()
        await settle(lambda: self._set(id, store.HEARING))
        talk = asyncio.create_task(self._talk(id, worker, recording.name))
        cancel = asyncio.create_task(self._cancelled[id].wait())
        try:
            done, _ = await asyncio.wait(
                (talk, cancel), timeout=self._limits.job_s, return_when=asyncio.FIRST_COMPLETED
            )
            if talk in done:
                try:
                    state, reason = talk.result()
                    alive = True
                except (EOFError, OSError):
                    state, reason, alive = store.FAILED, _DIED, False
                except sqlite3.OperationalError as error:
                    state, reason, alive = store.FAILED, f"its result cannot be stored: {error}", True
            elif cancel in done:
                state, reason, alive = store.CANCELLED, None, False
            else:
                minutes = round(self._limits.job_s / 60)
                state, reason, alive = store.FAILED, f"it was stopped after {minutes} minutes; cut it in parts", False
        finally:
            cancel.cancel()
            if not talk.done():
                worker.kill()  # which ends what `_talk` waits for
                with contextlib.suppress(EOFError, OSError, asyncio.CancelledError):
                    await talk
            del self._cancelled[id], self.progress[id]
        await settle(lambda: self._set(id, state, reason))
        return alive

    async def _talk(self, id: str, worker: _Worker, name: str) -> tuple[str, str | None]:
        """Give a process a job and follow it to its end. Raises EOFError or OSError if the process dies."""
        progress = self.progress[id]
        worker.pipe.send((str(self._folder.of(id).path), name))
        while True:
            kind, content = await asyncio.to_thread(worker.pipe.recv)
            match kind:
                case "stage":
                    progress.stage, progress.fraction = content, 0.0
                case "progress":
                    progress.fraction = content
                case "notes":
                    progress.notes += content
                    self._broadcast.send("notes", {"id": id, "notes": content})
                    continue
                case "failed":
                    return store.FAILED, content
                case "done":
                    with contextlib.suppress(KeyError):
                        self._store.set_info(id, content)
                    return store.DONE, None
            self._broadcast.send("progress", {"id": id, "stage": progress.stage, "fraction": progress.fraction})


class _Worker:
    """A process that transcribes, and the pipe to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe: Connection
        self.pipe, its_end = context.Pipe()
        self._process: BaseProcess = context.Process(target=transcribing.serve_jobs, args=(its_end,), daemon=True)
        self._process.start()
        its_end.close()  # so that its death ends the pipe

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
