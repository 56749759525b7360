from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mp3tomidi.transcribe.program.library_output import libraries_kept_quiet

PROGRAM = """
import ctypes, os, sys
from mp3tomidi.transcribe.program.library_output import libraries_kept_quiet

def all_speak(when):
    print(f"python out {when}")
    print(f"python err {when}", file=sys.stderr)
    os.write(2, f"c {when}\\n".encode())

all_speak("before")
for _ in range(300):  # more often than there are file descriptors to lose
    with libraries_kept_quiet():
        pass
with libraries_kept_quiet():
    all_speak("within")
try:
    with libraries_kept_quiet():
        raise ValueError
except ValueError:
    all_speak("after")
"""


def test_c_code_is_silent_and_python_speaks_on_standard_error() -> None:
    command = ["bash", "-c", 'ulimit -n 100; exec "$0" -c "$1"', sys.executable, PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert sorted(done.stdout.splitlines()) == ["python out after", "python out before"]
    assert done.stderr.splitlines() == [
        "python err before",
        "c before",
        "python out within",
        "python err within",
        "python err after",
        "c after",
    ]


@pytest.mark.parametrize("closed", ["2>&-", "2>&- <&-"])
def test_a_closed_standard_error_is_no_obstacle(closed: str) -> None:
    code = """
from mp3tomidi.transcribe.program.library_output import libraries_kept_quiet
with libraries_kept_quiet():
    print(1)
print(2)
"""
    command = f'"$0" -c "$1" {closed}'
    done = subprocess.run(["bash", "-c", command, sys.executable, code], stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"2\n"


def test_a_stand_in_for_standard_error_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    with libraries_kept_quiet():
        print("a greeting")
    assert capsys.readouterr() == ("", "a greeting\n")
