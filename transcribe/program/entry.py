"""The entry points of the commands: they answer to Ctrl-C before anything slow is imported, and to the end."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

from mp3tomidi.transcribe.interruption import end_process_on


def main() -> None:
    """`mp3tomidi`."""
    _run("cli")


def drums() -> None:
    """`mp3tomidi-drums`."""
    _run("drums_cli")


def classify() -> None:
    """`mp3tomidi-classify`."""
    _run("classify_cli")


def _run(module: str) -> None:
    end_process_on(signal.SIGINT)
    end_process_on(signal.SIGTERM)
    # NumPy's own threads wait for each other more than they work on arrays as small as ours; we have others.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    command = import_module(f"mp3tomidi.transcribe.program.{module}")
    try:
        status = command.main()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # to end is all that is left
    sys.exit(status)


if __name__ == "__main__":
    main()
