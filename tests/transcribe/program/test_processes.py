"""The command lines in processes of their own: Ctrl-C, standard output, how soon they answer."""

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

FAKE_PROGRAM = """
import sys, time
import mp3tomidi.transcribe as package
from mp3tomidi.transcribe.events import Note, Transcription

class Fake:
    def __init__(self, **options): pass
    def transcribe(self, path):
        print("listening", file=sys.stderr, flush=True)
        time.sleep(30.0 if "slow" in path.name else 0.0)
        return Transcription(notes=(Note(0.5, 1.0, 60, 64),), duration_s=1.0)

package.__dict__.update(Transcriber=Fake)
from mp3tomidi.transcribe.program.cli import main
sys.exit(main())
"""


def test_ctrl_c_in_a_running_program_leaves_one_line_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "slow.mp3").touch()
    program = subprocess.Popen(
        [sys.executable, "-c", FAKE_PROGRAM, "slow.mp3"], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert program.stderr is not None
    assert program.stderr.readline() == "listening\n"
    time.sleep(0.1)
    program.send_signal(signal.SIGINT)
    rest = program.stderr.read()
    assert program.wait(timeout=10) == 130
    assert rest == "mp3tomidi: interrupted; what was finished is kept\n"
    assert [path.name for path in tmp_path.iterdir()] == ["slow.mp3"]


@pytest.mark.parametrize("kind", ["full disk", "closed pipe"])
def test_standard_output_that_takes_nothing_is_one_line(tmp_path: Path, kind: str) -> None:
    (tmp_path / "song.mp3").touch()
    if kind == "full disk":
        sink = os.open("/dev/full", os.O_WRONLY)
    else:
        reading, sink = os.pipe()
        os.close(reading)
    command = [sys.executable, "-c", FAKE_PROGRAM, "song.mp3", "-q", "-o", "-"]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command, stdout=sink, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=buffered, check=False
    )
    os.close(sink)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "listening"
    (line,) = done.stderr.splitlines()[1:]
    assert line.startswith("mp3tomidi: cannot write to ")


@pytest.mark.parametrize(("module", "name"), [("cli", "mp3tomidi"), ("drums_cli", "mp3tomidi-drums")])
def test_help_and_version_answer_at_once_without_torch(module: str, name: str) -> None:
    # The processor's time, because a busy machine is not this program's fault; the best of three for the same reason.
    code = f"""
import sys
from mp3tomidi.transcribe.program.{module} import main
try:
    main([sys.argv[1]])
finally:
    assert not {{"torch", "numpy", "mido", "soundfile"}} & sys.modules.keys()
"""
    for option, answer in (("--help", f"usage: {name} "), ("--version", f"{name} 0.")):
        times_s = []
        for _ in range(3):
            before = os.times()
            done = subprocess.run([sys.executable, "-c", code, option], capture_output=True, text=True, check=True)
            after = os.times()
            times_s.append(after.children_user - before.children_user + after.children_system - before.children_system)
            assert done.stdout.startswith(answer)
        assert min(times_s) < 0.3


@pytest.mark.parametrize("words", [["cli", "song.mp3", "-o", "-"], ["drums_cli", "--one-shots", "."]])
def test_a_closed_standard_output_is_one_line(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "song.mp3").touch()
    module, *words = words
    code = f"import sys; from mp3tomidi.transcribe.program.{module} import main; sys.exit(main())"
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", code, *words]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False)
    assert done.returncode in (1, 2)
    (line,) = done.stderr.splitlines()
    assert "standard output is closed" in line


def test_a_run_leaves_nothing_but_its_result(tmp_path: Path) -> None:
    """Nor an identifier of the machine, as onnxruntime makes to report its use with."""
    home, music = tmp_path / "home", tmp_path / "music"
    home.mkdir()
    music.mkdir()
    soundfile.write(music / "song.wav", np.zeros(8000), 16_000)
    program = [sys.executable, "-m", "mp3tomidi.transcribe.program.entry", str(music / "song.wav")]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    subprocess.run(program, env=environment, check=True, timeout=60)
    assert list(home.rglob("*")) == []
    assert sorted(path.name for path in music.iterdir()) == ["song.mid", "song.wav"]
