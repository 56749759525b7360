"""Writes files whole or not at all: beside their destination, then renamed."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.interruption import cleanup_on_signal


def write_bytes(content: bytes, destination: str | os.PathLike[str] | BinaryIO) -> None:
    """Write to a path or into an open binary stream (standard output's buffer, say).

    A file is written beside its destination and then renamed, so that nobody ever finds half of one, whatever
    interrupts. An existing file is replaced; a link stays, and the file that it points to is replaced.

    Raises
    ------
    OutputError
        The destination cannot be written.
    """
    if isinstance(destination, (str, os.PathLike)):
        path = Path(destination)
        try:
            _replace(Path(os.path.realpath(path)), content)  # unlike Path.resolve, it takes links in a circle
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    else:
        try:
            destination.write(content)
            destination.flush()
        except OSError as error:
            name = getattr(destination, "name", "the output stream")
            raise OutputError(f"cannot write to {name}: {error.strerror or error}") from error


@contextmanager
def written_beside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """For a file that is written bit by bit: gives a path to write to, which takes `path`'s place at the end.

    Left by an exception, it leaves nothing behind. Links and files that exist are treated as by `write_bytes`.

    Raises
    ------
    OutputError
        For every OSError, also those of the code that writes.
    """
    try:
        with _beside(Path(os.path.realpath(path))) as beside:
            yield beside
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def make_folder(folder: Path) -> None:
    """Create a folder, and those that it lies in, unless it is there.

    Raises
    ------
    OutputError
        It cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise OutputError(f"cannot create the folder {folder}: a file is in its place") from error
    except OSError as error:
        raise OutputError(f"cannot create the folder {folder}: {error.strerror}") from error


def _replace(path: Path, content: bytes) -> None:
    with _beside(path) as beside:
        beside.write_bytes(content)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    if path.exists() and not path.is_file():
        # A device or a pipe is written to; renaming over it would put a plain file in its place.
        yield path
        return
    # The name does not contain the file's own, which may already be as long as the system allows.
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    tidy = partial(beside.unlink, missing_ok=True)
    with cleanup_on_signal(tidy):
        try:
            yield beside
            beside.replace(path)
        except BaseException:
            tidy()
            raise
