"""Keeps what libraries print away from the user and from results."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_STANDARD_ERROR = 2  # the file descriptor, which C code writes to


_lock = threading.Lock()
_quiet: contextlib.ExitStack | None = None
_inside = 0


@contextlib.contextmanager
def libraries_kept_quiet() -> Iterator[None]:
    """What Python code prints goes to standard error, since it would spoil a result on standard output, and what C
    code prints there goes nowhere: libmpg123, for one, comments on every odd mp3 in words that name no file.

    File descriptors belong to the whole process, so this is for programs, not for use within a library. Threads may
    be inside side by side: the first to come makes it quiet, the last to go ends that.
    """
    global _quiet, _inside  # noqa: PLW0603
    with _lock:
        if _inside == 0:
            _quiet = contextlib.ExitStack()
            _quiet.enter_context(_made_quiet())
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _quiet is not None:
                _quiet.close()


@contextlib.contextmanager
def _made_quiet() -> Iterator[None]:
    try:
        is_ours = sys.stderr.fileno() == _STANDARD_ERROR
    except (AttributeError, OSError, ValueError):  # standard error is closed, or a stand-in without a descriptor
        is_ours = False
    with _descriptor_silenced() if is_ours else contextlib.nullcontext(), contextlib.redirect_stdout(sys.stderr):
        yield


@contextlib.contextmanager
def _descriptor_silenced() -> Iterator[None]:
    """Point descriptor 2 to nowhere, and sys.stderr to where it was."""
    before = sys.stderr
    before.flush()
    kept = os.dup(_STANDARD_ERROR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        with open(kept, "w", encoding=before.encoding, errors="backslashreplace", closefd=False) as sys.stderr:
            os.dup2(nowhere, _STANDARD_ERROR)
            yield
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        sys.stderr = before
        os.close(nowhere)
        os.close(kept)
