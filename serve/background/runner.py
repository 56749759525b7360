"""The queue of jobs, and the processes that do them: at most so many at once, each stoppable at any time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from typing import Any

from mp3tomidi.serve.background.kinds import JobContext, JobFolder, Kind, Progress
from mp3tomidi.serve.background.registry import KINDS
from mp3tomidi.serve.background.table import RUNNING, Job, JobTable
from mp3tomidi.serve.broadcast import Broadcast
from mp3tomidi.serve.store import CANCELLED, FAILED, QUEUED
from mp3tomidi.serve.stored_queue import StoredQueue
from mp3tomidi.serve.waiting_line import settle

LOOKED_AT_EVERY_S = 0.5
"""How often the progress of a job that runs is read."""
_STOPS_WITHIN_S = 20.0  # after it was asked to; then it is killed
_CHILD = "mp3tomidi.serve.background.child"


class Runner(StoredQueue):
    """The jobs that wait and those that run."""

    AT_WORK = RUNNING
    STOPPED = "the server was stopped while it ran; resume it"

    def __init__(self, jobs: JobTable, context: JobContext, broadcast: Broadcast, at_once: int) -> None:
        super().__init__(jobs, broadcast, at_once, "job")
        self._jobs, self._context = jobs, context
        self._processes: dict[str, Process | None] = {}
        self._cancelled: set[str] = set()
        self.progress: dict[str, Progress] = {}

    def _stop(self, id: str) -> bool:
        if id not in self._processes:
            return False
        self._cancelled.add(id)
        process = self._processes[id]
        if process is not None:
            _ask_to_stop(process)
        return True

    def is_at_work(self, id: str) -> bool:
        return id in self._processes or id in self._queue

    async def _slot(self) -> None:
        while True:
            id = await self._queue.next()
            with contextlib.suppress(KeyError):  # deleted meanwhile
                await self._do(self._jobs.get(id))

    async def _do(self, job: Job) -> None:
        kind = KINDS[job.kind]
        folder = self._context.of(job.id)
        self._processes[job.id] = None
        await settle(lambda: self._set(job.id, RUNNING))
        state = FAILED
        reason: str | None = "it could not be started"
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            process = await _start(kind.command(job, self._context), folder)
            self._processes[job.id] = process
            if job.id in self._cancelled:
                _ask_to_stop(process)
            status = await self._watched(job, kind, process)
            if job.id in self._cancelled:
                state, reason = CANCELLED, None
            else:
                state, reason = await asyncio.to_thread(kind.outcome, status, job, self._context)
        except Exception as error:  # of one job; the others go on
            reason = str(error) or type(error).__name__
        finally:
            del self._processes[job.id]
            self._cancelled.discard(job.id)
            self.progress.pop(job.id, None)
        with contextlib.suppress(KeyError):
            await settle(lambda: self._set(job.id, state, reason))

    async def _watched(self, job: Job, kind: Kind, process: Process) -> int:
        """The exit status, once the process has ended; until then its progress is sent."""
        ended = asyncio.create_task(process.wait())
        asked_s: float | None = None
        try:
            while not ended.done():
                await asyncio.wait((ended,), timeout=LOOKED_AT_EVERY_S)
                progress = await asyncio.to_thread(kind.progress, job, self._context)
                if progress != self.progress.get(job.id):
                    self.progress[job.id] = progress
                    self._broadcast.send("job-progress", {"id": job.id})
                if job.id in self._cancelled:
                    asked_s = asked_s or time.monotonic()
                    if time.monotonic() - asked_s > _STOPS_WITHIN_S:
                        _kill(process)
            return ended.result()
        finally:
            if not ended.done():  # the server ends
                _ask_to_stop(process)
                await asyncio.wait((ended,), timeout=2.0)
                _kill(process)

    async def remove(self, job: Job) -> None:
        """Stop a job, and delete it with all that it has left."""
        self.cancel(job.id)
        while job.id in self._processes:
            await asyncio.sleep(0.05)
        self._jobs.delete(job.id)
        await asyncio.to_thread(KINDS[job.kind].remove, job, self._context)
        await asyncio.to_thread(shutil.rmtree, self._context.of(job.id).path, ignore_errors=True)
        self._broadcast.send("job-deleted", {"id": job.id})

    def described(self, job: Job) -> dict[str, Any]:
        """A job as the API shows it."""
        worked_s = job.worked_s + (time.time() - job.started_s if job.started_s is not None else 0.0)
        shown: dict[str, Any] = {
            "id": job.id,
            "kind": job.kind,
            "name": job.name,
            "options": job.options,
            "state": job.state,
            "reason": job.reason,
            "created_s": job.created_s,
            "worked_s": worked_s,
        }
        if job.state == QUEUED:
            shown["place"] = self.place(job.id)
        if job.state == RUNNING:
            progress = self.progress.get(job.id, Progress())
            fraction = progress.fraction
            left_s = worked_s * (1.0 - fraction) / fraction if fraction else None
            shown["progress"] = {"fraction": fraction, "text": progress.text, "rows": progress.rows, "left_s": left_s}
        return shown


async def _start(command: list[str], folder: JobFolder) -> Process:
    with folder.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", _CHILD, *command, stdin=PIPE, stdout=log, stderr=log, cwd=folder.path,
            env={**os.environ, "PYTHONUNBUFFERED": "1"}, start_new_session=True,
        )  # fmt: skip


def _ask_to_stop(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
