"""Runs jobs in several processes: each goes to the one that is free, and one that dies fails only its own job."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, Protocol, TypeVar, cast

from mp3tomidi.transcribe.errors import Mp3toMidiError, WorkerError, explain
from mp3tomidi.transcribe.interruption import cleanup_on_signal, end_process_on
from mp3tomidi.transcribe.threads import core_count, in_order

_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PATIENCE_S = 5.0  # for a process that was asked to end, within which it takes away what it was writing
_USUAL_PROCESSES = 2  # one reads and writes while the other computes; more take memory that nobody has granted
_USUAL_ON_GPU = 8  # threads that decode and decide while the GPU computes for others
_FEWEST_RECORDINGS_EACH = 2  # a second process takes about as long to start as a song to transcribe


Job = TypeVar("Job")
Outcome = TypeVar("Outcome")
_Job_contra = TypeVar("_Job_contra", contravariant=True)
_Outcome_co = TypeVar("_Outcome_co", covariant=True)


class DoesJobs(Protocol[_Job_contra, _Outcome_co]):
    """What a process holds: `worker.Worker`, for instance."""

    def do(self, job: _Job_contra, /) -> _Outcome_co: ...


def usual_processes(recordings: int, device: str | None = None) -> int:
    """How many recordings of so many are transcribed at a time by default.

    On a CPU by as many processes; on an NVIDIA GPU, whose memory they would have to share, by threads; else by one.
    """
    if device is not None and device.startswith("cuda"):
        return max(1, min(_USUAL_ON_GPU, recordings))
    if device not in (None, "cpu"):
        return 1
    return max(1, min(_USUAL_PROCESSES, core_count(), recordings // _FEWEST_RECORDINGS_EACH))


def work(
    make_worker: Callable[[], DoesJobs[Job, Outcome]],
    jobs: Sequence[Job],
    processes: int,
    died: Callable[[Job, str], Outcome],
    *,
    threads: int = 1,
) -> Generator[Outcome, None, None]:
    """The outcomes of all jobs, as they come: of one process, this one, in their order.

    make_worker: is called in each process, so it must be possible to pickle it unless there is one.
    died: the outcome of a job that its process died of, and what it died of.
    threads: how many jobs the worker of one process does at a time.

    Raises what `make_worker` raises if that is an Mp3toMidiError, and WorkerError if a process cannot start.
    However it is left, no process stays behind.
    """
    processes = min(processes, len(jobs))
    if processes <= 1:
        worker = make_worker()
        yield from in_order(worker.do, jobs, threads)
        return
    running = _Processes(make_worker, died, threads=max(1, core_count() // processes))
    with cleanup_on_signal(running.end_all):
        try:
            for _ in range(processes):
                running.start_one()
            yield from running.do(jobs)
        finally:
            running.end_all()


@dataclass(slots=True)
class _Process(Generic[Job]):
    process: SpawnProcess
    job: Job | None = None


class _Processes(Generic[Job, Outcome]):
    def __init__(
        self, make_worker: Callable[[], DoesJobs[Job, Outcome]], died: Callable[[Job, str], Outcome], threads: int
    ) -> None:
        self._make_worker = make_worker
        self._died = died
        self._threads = threads
        self._connected: dict[Connection, _Process[Job]] = {}

    def start_one(self) -> None:
        context = multiprocessing.get_context("spawn")  # a copy of a process that has threads may hang
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._make_worker), daemon=True)
        with theirs, _interruptions_held_back(), _environment(dict.fromkeys(_THREAD_SETTINGS, str(self._threads))):
            try:
                process.start()
            except OSError as error:
                ours.close()
                raise WorkerError(f"a process cannot be started ({error.strerror}): try --jobs 1") from error
            self._connected[ours] = _Process(process)

    def do(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        waiting = deque(jobs)
        while self._connected:
            # Of what may be waited for these are connections, though on Windows of another class than `Connection`.
            for connection in cast(list[Connection], wait(list(self._connected))):
                member = self._connected[connection]
                try:
                    message = connection.recv()
                except (EOFError, OSError):
                    yield self._take_out_dead(connection)
                    if waiting:
                        self.start_one()
                    continue
                if isinstance(message, Mp3toMidiError):
                    raise message
                if waiting:  # before the outcome is used, which may take a while
                    member.job = waiting.popleft()
                    with suppress(OSError):  # it has just died, as the next round will find
                        connection.send(member.job)
                else:
                    del self._connected[connection]
                    connection.close()
                    member.process.join()
                if message is not None:
                    yield message

    def _take_out_dead(self, connection: Connection) -> Outcome:
        """The outcome of the job that a process died of."""
        member = self._connected.pop(connection)
        connection.close()
        member.process.join()
        died_of = _describe_exit(member.process.exitcode)
        if member.job is None:
            raise WorkerError(f"a process that was to work died while starting ({died_of}): try --jobs 1")
        return self._died(member.job, died_of)

    def end_all(self) -> None:
        """End all processes, at once but in good order."""
        members = list(self._connected.values())
        for member in members:
            member.process.terminate()
        for member in members:
            member.process.join(_PATIENCE_S)
            if member.process.is_alive():
                member.process.kill()
                member.process.join()
        for connection in self._connected:
            connection.close()
        self._connected.clear()


def _describe_exit(code: int | None) -> str:
    if code is None or code >= 0:
        return f"status {code}"
    name = signal.Signals(-code).name
    if name == "SIGKILL":
        return "SIGKILL, as when memory runs out: try fewer --jobs"
    return f"{name}: the file may be damaged, convert it to wav"


@contextmanager
def _interruptions_held_back() -> Iterator[None]:
    """Ctrl-C goes to all processes of a terminal. A process that is started in here gets none."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # which would let ctrl-c through again where it starts with the first process
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Variables that processes started in here find set, unless the user has set them already."""
    new = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]


def _serve(connection: Connection, make_worker: Callable[[], DoesJobs[Job, Outcome]]) -> None:
    """The life of a process: say that it is ready, do what comes, end when nothing more can come."""
    end_process_on(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        worker = make_worker()
    except Exception as error:
        connection.send(error if isinstance(error, Mp3toMidiError) else WorkerError(explain(error)))
        return
    try:
        connection.send(None)
        while True:
            connection.send(worker.do(connection.recv()))
    except (EOFError, OSError):
        return
