from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

PROGRAM = """
import os, signal, sys, time
from mp3tomidi.transcribe.interruption import end_process_on, cleanup_on_signal
from mp3tomidi.transcribe.outputs.files import written_beside

def fail():
    raise OSError

def say(text):
    print(text, flush=True)

end_process_on(getattr(signal, sys.argv[1]))
with cleanup_on_signal(lambda: say("this is over")):
    pass
with cleanup_on_signal(lambda: say("last")), cleanup_on_signal(fail), written_beside("result.mid") as path:
    path.write_text("half a result")
    with cleanup_on_signal(lambda: say("first")):
        while True:
            try:  # as C code that calls back does
                os.kill(os.getpid(), getattr(signal, sys.argv[1]))
                time.sleep(0.2)
                say("heedless")
                break
            except BaseException:
                say("swallowed")
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_the_process_tidies_up_and_ends_where_an_exception_would_be_swallowed(
    tmp_path: Path, name: str, status: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == status
    assert done.stdout.split() == ["first", "last"]
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_the_shell_has_turned_off_stays_off(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", 'trap "" INT; exec "$0" -c "$1" SIGINT', sys.executable, PROGRAM],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["heedless"]
    assert [path.name for path in tmp_path.iterdir()] == ["result.mid"]


@pytest.mark.parametrize(
    ("module", "entry", "extra"),
    [
        ("numpy", "main", []),
        ("onnxruntime", "main", []),
        ("soundfile", "main", []),
        ("mido", "main", []),
        ("numpy", "main", ["--jobs", "2"]),
        ("onnxruntime", "drums", []),
    ],
)
def test_ctrl_c_during_an_import_leaves_one_line(tmp_path: Path, module: str, entry: str, extra: list[str]) -> None:
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, np.zeros(800), 16_000)
    code = f"""
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from mp3tomidi.transcribe.program import entry
entry.{entry}()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "a.wav", "b.wav", "-o", "out", *extra],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 130
    program = "mp3tomidi" if entry == "main" else "mp3tomidi-drums"
    assert done.stderr.splitlines()[-1].startswith(f"{program}: interrupted; ")
    assert all(line.startswith(f"{program}: ") for line in done.stderr.splitlines())
    assert list((tmp_path / "out").glob("*")) == []


def test_ctrl_c_while_the_program_works_with_others(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, np.random.default_rng(0).normal(0, 0.1, 16_000 * 600), 16_000)
    program = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mp3tomidi.transcribe.program.entry",
            "a.wav",
            "b.wav",
            "--jobs",
            "2",
            "--report",
            "r.json",
        ],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (tmp_path / "r.json").exists():
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(program.pid, signal.SIGINT)
    _, err = program.communicate(timeout=120)
    assert program.returncode == 130
    assert [line.split(" in ")[0] for line in err.splitlines()] == [
        "mp3tomidi: 2 not reached",
        "mp3tomidi: interrupted; what was finished is kept; the same command with --skip-existing goes on from there",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.wav", "r.json"]


HELD_BACK = """
import multiprocessing, signal
from mp3tomidi.transcribe.program.pool import _interruptions_held_back

if __name__ == "__main__":
    with _interruptions_held_back():
        process = multiprocessing.get_context("spawn").Process(target=int)
        process.start()
        print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))
    process.join()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are blocked on POSIX systems only")
def test_ctrl_c_is_held_back_from_the_first_process_too(tmp_path: Path) -> None:
    # multiprocessing starts its resource tracker with the first process, and lets ctrl-c through after that.
    script = tmp_path / "held_back.py"
    script.write_text(HELD_BACK)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True\n"
