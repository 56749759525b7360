"""Processes side by side, with stand-ins that do what the recording's name says."""

from __future__ import annotations

import errno
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

import pytest

from mp3tomidi.transcribe.errors import DeviceError, WorkerError
from mp3tomidi.transcribe.program import pool
from mp3tomidi.transcribe.program.batch import Job
from mp3tomidi.transcribe.program.worker import died

STAND_INS = """
import os, signal, time
from pathlib import Path
from mp3tomidi.transcribe.errors import DeviceError
from mp3tomidi.transcribe.outputs.files import written_beside
from mp3tomidi.transcribe.program.worker import Outcome

class Obedient:
    def do(self, job):
        name = job.source.name
        if "dies" in name:
            os.kill(os.getpid(), signal.SIGSEGV)
        if "hangs" in name:
            with written_beside(job.source.with_suffix(".mid")) as path:
                path.touch()
                time.sleep(60)
        return Outcome(job, error=name if "broken" in name else None, warnings=(os.environ["OMP_NUM_THREADS"],))

class Marks:
    def do(self, job):
        job.target.touch()
        return Outcome(job)

def fails():
    raise DeviceError("no such device")

def cannot_import():
    raise ImportError("no module named torch")

def dies():
    os._exit(7)
"""


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (tmp_path / "stand_ins_of_pool.py").write_text(STAND_INS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "stand_ins_of_pool", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return importlib.import_module("stand_ins_of_pool")


@pytest.fixture
def running() -> Callable[[], list[BaseProcess]]:
    """The processes that a test has started and not ended; those of other tests' servers do not count."""
    before = set(multiprocessing.active_children())
    return lambda: [process for process in multiprocessing.active_children() if process not in before]


def jobs(*names: str) -> list[Job]:
    return [Job(Path(name), Path(name).with_suffix(".mid")) for name in names]


def test_a_process_has_its_next_job_while_the_outcome_of_the_last_is_used(
    stand_ins: ModuleType, tmp_path: Path
) -> None:
    given = jobs(*(str(tmp_path / f"{number}.mp3") for number in range(3)))
    process = pool._Processes(stand_ins.Marks, died, threads=1)
    process.start_one()
    try:
        next(process.do(given))
        until_s = time.monotonic() + 20.0
        while not (tmp_path / "1.mid").exists() and time.monotonic() < until_s:
            time.sleep(0.02)
        assert sorted(path.name for path in tmp_path.glob("*.mid")) == ["0.mid", "1.mid"]
    finally:
        process.end_all()


def test_one_that_dies_takes_only_its_own_file_along(
    stand_ins: ModuleType, monkeypatch: pytest.MonkeyPatch, running: Callable[[], list[BaseProcess]]
) -> None:
    monkeypatch.setattr(pool, "core_count", lambda: 5)
    given = jobs("a.mp3", "dies.mp3", "broken.mp3", "b.mp3", "dies too.mp3", "c.mp3")
    outcomes = {outcome.job: outcome for outcome in pool.work(stand_ins.Obedient, given, 2, died)}
    assert set(outcomes) == set(given)
    errors = [outcomes[job].error for job in given]
    assert [errors[i] for i in (0, 2, 3, 5)] == [None, "broken.mp3", None, None]
    for error in (errors[1], errors[4]):
        assert error is not None
        assert "SIGSEGV" in error
        assert error.startswith("dies")
    assert outcomes[given[0]].warnings == ("2",)  # threads: 5 cores for 2 processes
    assert not running()
    assert "OMP_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(
    ("maker", "error", "words"),
    [
        ("fails", DeviceError, "no such device"),
        ("cannot_import", WorkerError, "no module named torch"),
        ("dies", WorkerError, "status 7"),
    ],
)
def test_what_no_process_can_do_is_said_once(
    stand_ins: ModuleType, maker: str, error: type[Exception], words: str, running: Callable[[], list[BaseProcess]]
) -> None:
    with pytest.raises(error, match=words):
        list(pool.work(getattr(stand_ins, maker), jobs("a.mp3", "b.mp3"), 2, died))
    assert not running()


def test_a_process_that_cannot_start_is_said_and_the_others_are_ended(
    stand_ins: ModuleType, monkeypatch: pytest.MonkeyPatch, running: Callable[[], list[BaseProcess]]
) -> None:
    start = SpawnProcess.start

    def only_the_first(process: SpawnProcess) -> None:
        if running():
            raise OSError(errno.EAGAIN, "too many")
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", only_the_first)
    open_before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(WorkerError, match="too many"):
        list(pool.work(stand_ins.Obedient, jobs("a.mp3", "b.mp3"), 2, died))
    assert not running()
    assert set(Path("/proc/self/fd").iterdir()) <= open_before


@pytest.mark.parametrize(
    ("recordings", "cores", "processes"), [(0, 8, 1), (1, 8, 1), (3, 8, 1), (4, 8, 2), (4, 1, 1), (3000, 2, 2)]
)
def test_two_hear_many_recordings_where_there_are_cores(
    recordings: int, cores: int, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "core_count", lambda: cores)
    assert pool.usual_processes(recordings) == processes


def test_one_process_is_this_one(stand_ins: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr(pool.multiprocessing, "get_context", None)
    outcomes = list(pool.work(stand_ins.Obedient, jobs("a.mp3"), 8, died))
    assert [outcome.warnings for outcome in outcomes] == [("3",)]
    with pytest.raises(DeviceError):
        list(pool.work(stand_ins.fails, jobs("a.mp3", "b.mp3"), 1, died))


PROGRAM = """
import sys
from pathlib import Path
import stand_ins_of_pool
from mp3tomidi.transcribe.program import pool
from mp3tomidi.transcribe.program.batch import Job
from mp3tomidi.transcribe.program.worker import died

if __name__ == "__main__":
    jobs = [Job(Path(name), None) for name in ("a.mp3", "hangs.mp3", "hangs too.mp3", "b.mp3")]
    try:
        for outcome in pool.work(stand_ins_of_pool.Obedient, jobs, 2, died):
            print(outcome.job.source, flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_ctrl_c_ends_all_processes_at_once_and_leaves_nothing_half_written(
    stand_ins: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    program = subprocess.Popen(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "a.mp3\n"
    deadline_s = time.monotonic() + 60
    while len(list(tmp_path.glob(".*.part"))) < 2 and time.monotonic() < deadline_s:
        time.sleep(0.05)
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does it
    out, err = program.communicate(timeout=60)  # returns when nobody is left who could print
    assert out == "interrupted\n"
    assert err == ""
    assert program.returncode == 0
    assert not list(tmp_path.glob(".*.part"))
