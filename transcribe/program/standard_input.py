"""A recording that comes on standard input: held in a file, since decoders go back and forth in it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mp3tomidi.transcribe.errors import AudioError
from mp3tomidi.transcribe.interruption import cleanup_on_signal

STANDARD_INPUT = Path("/dev/stdin")  # on every system, but opened only here
_NAME = "standard input"


@contextmanager
def in_a_file(source: Path) -> Iterator[Path]:
    """A recording's own file, or one that holds what standard input brings, to the end.

    Raises
    ------
    AudioError
        Standard input cannot be read, or not be held.
    """
    if source != STANDARD_INPUT:
        yield source
        return
    with (
        tempfile.TemporaryDirectory(prefix="mp3tomidi-") as folder,
        cleanup_on_signal(partial(shutil.rmtree, folder, ignore_errors=True)),
    ):
        held = Path(folder, _NAME)
        try:
            with held.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        except OSError as error:
            raise AudioError(
                f"what comes from standard input cannot be held in {folder} ({error.strerror}): "
                "set TMPDIR to a folder with more room, or save it in a file yourself"
            ) from error
        yield held


def name_of(source: Path) -> str:
    """A recording's name in messages and reports."""
    return _NAME if source == STANDARD_INPUT else str(source)


def as_known(message: str, file: Path, source: Path) -> str:
    """A message on the file that a recording is in, by the name that its user knows."""
    return message.replace(str(file), name_of(source))
