"""One server a folder: a second one would drop the uploads of the first and transcribe its recordings once more."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from mp3tomidi.transcribe.errors import Mp3toMidiError

FILE = "in-use"


class FolderInUseError(Mp3toMidiError):
    """Another server works in the folder."""


class FolderLock:
    """Held from the making of it until `release`, or until the process ends, however it ends.

    Raises FolderInUseError; OSError if the file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = (folder / FILE).open("ab")
        try:
            _lock(self._file)
        except OSError:
            self._file.close()
            raise FolderInUseError(
                f"{folder} is in use by another mp3tomidi serve; end that one, or name another --folder"
            ) from None

    def release(self) -> None:
        self._file.close()


def _lock(file: IO[bytes]) -> None:
    """Raises OSError where another process, or another open file of this one, has it."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0, os.SEEK_END)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
