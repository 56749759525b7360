"""The entry point of the command `mp3tomidi`: `mp3tomidi serve` is the page, all else transcribes files.

Nothing of the page is imported unless it is asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

WORD = "serve"
NEEDED = ("starlette", "uvicorn")


def main() -> None:
    """`mp3tomidi`. A recording that is called "serve" is `./serve`."""
    if sys.argv[1:2] != [WORD]:
        from mp3tomidi.transcribe.program import entry

        entry.main()
        return
    if any(find_spec(package) is None for package in NEEDED):
        from mp3tomidi.transcribe.installing import install_command

        sys.exit(f"mp3tomidi serve: the page needs the extra serve: {install_command('mp3tomidi[serve]')}")
    sys.exit(import_module("mp3tomidi.serve.cli").main(sys.argv[2:]))


if __name__ == "__main__":
    main()
