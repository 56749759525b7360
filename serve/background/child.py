"""Runs a command of this project as a job: `python -m mp3tomidi.serve.background.child MODULE ARGUMENT...`.

Standard input is the tie to the server: when it ends, because the server wants the job to stop or has died itself,
the command is asked to stop by SIGTERM, as if a machine were shut down, and so saves what it has.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from importlib import import_module


def main() -> int:
    module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    with suppress(AttributeError, OSError):
        os.nice(10)  # the page comes first
    threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
    return int(import_module(module).main() or 0)


def _stop_at_end_of_input() -> None:
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
