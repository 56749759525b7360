"""Jobs done on a Ray cluster, as `pool.work` does them in processes of one machine, with the same workers.

Actors rather than Ray Data: an actor loads its networks once and is held to one core group or GPU; a job is retried,
and named if it kills what works on it, by itself and not with the block of rows that it came in; results lie in files,
so there are no blocks to stream, and pyarrow is not needed. At any time each actor has one task and the next: a driver
holds no more than these, however many jobs there are.

An actor that is lost (killed, out of memory, with its machine) takes nothing along: what it had is given to others, and
another is hired in its place. A job that its actors die of MOST_TRIES times is given up.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from mp3tomidi.transcribe.errors import Mp3toMidiError, WorkerError, explain
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.interruption import cleanup_on_signal, end_process_on
from mp3tomidi.transcribe.program.pool import DoesJobs
from mp3tomidi.transcribe.threads import core_count

MOST_TRIES = 4  # of a job whose actors die; a machine may be taken away now and then, a file that kills always does
LOCAL = "auto"
LOCAL_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent
    "RAY_prestart_worker_first_driver": "0",  # processes that wait for tasks; ours are actors, which start their own
}
_CPUS_BESIDE_A_GPU = 4
_TASKS_EACH = 2  # of an actor: one that it does, and the next, so that it need not wait for the driver
_LOOK_EVERY_S = 5.0  # for machines that have come or gone, while nothing is finished
_STARTS = 3  # of a cluster on this machine
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
_STORE_BYTES = 80 * 2**20  # of a local cluster's objects: only jobs and outcomes go through it

Job = TypeVar("Job")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where to work: an address as `ray.init` takes it, or LOCAL for this machine.

    actors: how many at most; None: as many as fit. cpus, gpus: what each is given.
    """

    address: str
    actors: int | None = None
    cpus: int = 1
    gpus: int = 0


def cluster_for(address: str, actors: int | None, device: str | None) -> Cluster:
    """Where to work, if this is computed on a device such as "cuda": then each actor has a GPU, and cores to decode."""
    on_cpu = device in (None, "cpu")
    return Cluster(address, actors, cpus=1 if on_cpu else _CPUS_BESIDE_A_GPU, gpus=0 if on_cpu else 1)


def work_on_ray(
    make_worker: Callable[[], DoesJobs[Job, Outcome]],
    jobs: Iterable[Job],
    cluster: Cluster,
    died: Callable[[Job, str], Outcome],
    *,
    together: int = 1,
) -> Iterator[Outcome]:
    """The outcomes of all jobs, as they come.

    make_worker: is called in each actor, so it must be possible to pickle it. jobs: are taken as they are needed.
    died: the outcome of a job that its actors died of, and what they died of. together: jobs that an actor is given at
    once; they come back together, and are done one by one if its actor dies.

    Raises what `make_worker` raises if that is an Mp3toMidiError, and WorkerError where there is no Ray or no cluster.
    """
    with _connected(cluster):
        actors = _Actors(make_worker, cluster, died)
        try:
            yield from actors.do(jobs, together)
        finally:
            actors.dismiss()


def start_here(cpus: int) -> Any:
    """Starts a cluster on this machine, with room for so many actors of one core, and returns what `ray.init` does.

    Ray gives up after 30 s, in which a machine that is busy does not always get it started: that is tried again.
    """
    for name, value in LOCAL_SETTINGS.items():
        os.environ.setdefault(name, value)
    import ray

    for left in reversed(range(_STARTS)):
        try:
            return ray.init(
                address="local", num_cpus=cpus, object_store_memory=_STORE_BYTES, include_dashboard=False, **_QUIET
            )
        except Exception:  # Ray has no class of its own for this
            ray.shutdown()
            if not left:
                raise
    raise AssertionError("unreachable")


class _connected:  # noqa: N801  (a context, named as one)
    """A connection to a cluster, which is started here if it is this machine's; nothing of it stays behind."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def __enter__(self) -> None:
        try:
            import ray
        except ModuleNotFoundError as error:
            raise WorkerError(f"--ray needs Ray: {install_command('mp3tomidi[ray]')}") from error
        if ray.is_initialized():
            raise WorkerError("this process is connected to a Ray cluster already")
        try:
            if self._cluster.address == LOCAL:
                # As many actors as are asked for, though cores are fewer.
                start_here(max(core_count(), (self._cluster.actors or 1) * self._cluster.cpus))
            else:
                ray.init(address=self._cluster.address, **_QUIET)
        except Exception as error:  # Ray has no class of its own for this
            raise WorkerError(f"no Ray cluster at {self._cluster.address} ({error}); see `ray status`") from error
        _be_silent_on_deaths()
        for number in (signal.SIGINT, signal.SIGTERM):  # Ray has taken them
            self._tidy_up_on(number)
        self._tidied = cleanup_on_signal(ray.shutdown)
        self._tidied.__enter__()

    @staticmethod
    def _tidy_up_on(number: signal.Signals) -> None:
        import threading

        if threading.current_thread() is threading.main_thread() and signal.getsignal(number) is not signal.SIG_IGN:
            if number is signal.SIGINT and signal.getsignal(number) is signal.default_int_handler:
                return  # a caller from Python, who gets a KeyboardInterrupt
            end_process_on(number)

    def __exit__(self, *error: object) -> None:
        import ray

        self._tidied.__exit__(None, None, None)
        ray.shutdown()


@dataclass(slots=True)
class _Task(Generic[Job]):
    """Jobs that are given to an actor at once, and how often one has died of them."""

    jobs: list[Job]
    tries: int = 0


@dataclass(slots=True)
class _Member(Generic[Job]):
    """An actor, and what it has been given, in that order; before it is ready nothing is."""

    actor: Any
    is_ready: bool = False
    given: deque[_Task[Job]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class _CannotStart:
    """What an actor gives back that cannot make its worker."""

    error: Mp3toMidiError


class _Actor(Generic[Job, Outcome]):
    """The life of an actor."""

    def __init__(self, make_worker: Callable[[], DoesJobs[Job, Outcome]]) -> None:
        self._make_worker = make_worker
        self._worker: DoesJobs[Job, Outcome] | None = None

    def start(self) -> _CannotStart | None:
        """Makes the worker, or says why it cannot be made."""
        try:
            self._worker = self._make_worker()
        except Exception as error:
            return _CannotStart(error if isinstance(error, Mp3toMidiError) else WorkerError(explain(error)))
        return None

    def do(self, jobs: list[Job]) -> list[Outcome]:
        assert self._worker is not None
        do_all = getattr(self._worker, "do_all", None)  # of workers that make something of jobs together
        return do_all(jobs) if do_all is not None else [self._worker.do(job) for job in jobs]


class _Actors(Generic[Job, Outcome]):
    def __init__(
        self,
        make_worker: Callable[[], DoesJobs[Job, Outcome]],
        cluster: Cluster,
        died: Callable[[Job, str], Outcome],
    ) -> None:
        import ray

        self._ray: Any = ray
        self._cluster = cluster
        self._died = died
        self._make_worker = ray.put(make_worker)
        self._actor = self._ray.remote(
            num_cpus=cluster.cpus, num_gpus=cluster.gpus, max_restarts=0, max_task_retries=0, max_concurrency=1
        )(_Actor)
        self._members: list[_Member[Job]] = []
        self._expected: dict[Any, _Member[Job]] = {}  # by the reference that their next result will have
        self._looked_s = -_LOOK_EVERY_S
        self._lost_starting = 0

    def do(self, jobs: Iterable[Job], together: int) -> Iterator[Outcome]:
        source = iter(jobs)
        again: deque[_Task[Job]] = deque()

        def next_task() -> _Task[Job] | None:
            if again:
                return again.popleft()
            batch = list(itertools.islice(source, together))
            return _Task(batch) if batch else None

        upcoming = next_task()
        while upcoming is not None or any(member.given for member in self._members):
            self._add_members(wanted=upcoming is not None)
            for member in sorted(self._members, key=lambda member: len(member.given)):
                while member.is_ready and len(member.given) < _TASKS_EACH and upcoming is not None:
                    self._give(member, upcoming)
                    upcoming = next_task()
            finished, _ = self._ray.wait(list(self._expected), num_returns=1, timeout=_LOOK_EVERY_S)
            for reference in finished:
                yield from self._result_of(reference, again)
            if upcoming is None:
                upcoming = next_task()

    def _give(self, member: _Member[Job], task: _Task[Job]) -> None:
        member.given.append(task)
        self._expected[member.actor.do.remote(task.jobs)] = member

    def _result_of(self, reference: Any, again: deque[_Task[Job]]) -> Iterator[Outcome]:
        member = self._expected.pop(reference, None)
        if member is None:  # it was lost with its actor, which has been seen to
            return
        try:
            result = self._ray.get(reference)
        except self._ray.exceptions.RayActorError as error:
            yield from self._drop_member(member, error, again)
            return
        except self._ray.exceptions.RayError as error:  # an argument or a result was lost with its machine
            yield from self._drop_member(member, error, again)
            return
        if isinstance(result, _CannotStart):
            raise result.error
        if not member.is_ready:
            member.is_ready = True
            self._lost_starting = 0
            return
        member.given.popleft()
        yield from result

    def _drop_member(self, member: _Member[Job], error: Exception, again: deque[_Task[Job]]) -> Iterator[Outcome]:
        """Puts back what a lost actor had; only the task that it was at can be what it died of."""
        self._members.remove(member)
        self._expected = {reference: one for reference, one in self._expected.items() if one is not member}
        self._ray.kill(member.actor)
        self._looked_s = -_LOOK_EVERY_S
        if not member.is_ready:
            self._lost_starting += 1
            if self._lost_starting > MOST_TRIES * self._room():  # starting takes seconds, in which any may be killed
                raise WorkerError(f"actors die while they start: {_in_one_line(error)}")
            return
        if not member.given:
            return
        current = member.given.popleft()
        current.tries += 1
        if len(current.jobs) > 1:
            again.extend(_Task([job]) for job in current.jobs)
        elif current.tries < MOST_TRIES:
            again.append(current)
        else:
            yield self._died(current.jobs[0], f"{current.tries} times: {_in_one_line(error)}")
        again.extendleft(reversed(member.given))

    def _add_members(self, *, wanted: bool) -> None:
        """As many actors as there is room for, while there is work for them; looked for now and then."""
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_EVERY_S and self._members:
            return
        self._looked_s = now_s
        if not wanted and self._members:
            return
        for _ in range(len(self._members), self._room()):
            actor = self._actor.remote(self._make_worker)
            member: _Member[Job] = _Member(actor)
            self._members.append(member)
            self._expected[actor.start.remote()] = member

    def _room(self) -> int:
        """How many actors the cluster as it is now can hold, one at least: a machine may be on its way."""
        rooms = []
        for node in self._ray.nodes():
            if node["Alive"]:
                there = node["Resources"]
                room = int(there.get("CPU", 0)) // max(1, self._cluster.cpus)
                if self._cluster.gpus:
                    room = min(room, int(there.get("GPU", 0)) // self._cluster.gpus)
                rooms.append(room)
        most = self._cluster.actors or sum(rooms)
        return max(1, min(most, sum(rooms)))

    def dismiss(self) -> None:
        for member in self._members:
            self._ray.kill(member.actor)
        self._members.clear()


def _be_silent_on_deaths() -> None:
    """Ray prints a paragraph on each actor that is lost; here it is either nothing, or a line that names the job."""
    with suppress(ImportError, AttributeError, KeyError):
        from ray._private.ray_logging import global_worker_stdstream_dispatcher

        global_worker_stdstream_dispatcher.remove_handler("ray_print_logs")


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
