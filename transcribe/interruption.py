"""Ctrl-C at any moment: the process tidies up and ends.

Nothing is raised for it. An exception is swallowed where C code calls back into Python, as decoders do, and in the
middle of an import it becomes some other error; so what must be done on the way out is known beforehand.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_tidiers: list[Callable[[], object]] = []


@contextmanager
def tidied_up_by(tidy: Callable[[], object]) -> Iterator[None]:
    """A part of the program that must not end without `tidy`, if the process is ended by a signal."""
    _tidiers.append(tidy)
    try:
        yield
    finally:
        _tidiers.remove(tidy)


def end_process_on(number: signal.Signals) -> None:
    """From now on this signal ends the process, with the status that shells give, unless it is ignored already.

    What is in progress is tidied up, the last begun first.
    """

    def end(*_: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        for tidy in reversed(_tidiers):
            with suppress(Exception):
                tidy()
        os._exit(128 + number)

    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, end)
