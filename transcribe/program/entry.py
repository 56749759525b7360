"""The entry point of the command `mp3tomidi`: answers to Ctrl-C before anything slow is imported, and to the end."""

from __future__ import annotations

import signal
import sys

from mp3tomidi.transcribe.interruption import end_process_on


def main() -> None:
    end_process_on(signal.SIGINT)
    end_process_on(signal.SIGTERM)
    from mp3tomidi.transcribe.program.cli import main as run_command

    try:
        status = run_command()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # to end is all that is left
    sys.exit(status)


if __name__ == "__main__":
    main()
