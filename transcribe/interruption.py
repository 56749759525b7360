"""Ctrl-C and SIGTERM: transcription tidies up and ends at any moment, training where its state is whole.

In transcription nothing is raised. An exception is swallowed where C code calls back into Python, as decoders do, and
in the middle of an import it becomes some other error; so what must be done on the way out is known beforehand.
In training the signal is raised as KeyboardInterrupt, but only between steps (`interruptions_deferred`).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

DEFERRED = (signal.SIGINT, signal.SIGTERM)

_cleanups: list[Callable[[], object]] = []


@contextmanager
def cleanup_on_signal(cleanup: Callable[[], object]) -> Iterator[None]:
    """A part of the program that must not end without `cleanup`, if the process is ended by a signal."""
    _cleanups.append(cleanup)
    try:
        yield
    finally:
        _cleanups.remove(cleanup)


def end_process_on(number: signal.Signals) -> None:
    """From now on this signal ends the process, with the status that shells give, unless it is ignored already.

    What is in progress is cleaned up, the last begun first.
    """

    def end(*_: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        for cleanup in reversed(_cleanups):
            with suppress(Exception):
                cleanup()
        os._exit(128 + number)

    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, end)


@contextmanager
def interruptions_deferred() -> Iterator[None]:
    """An interruption within the block is raised, as KeyboardInterrupt, when the block has ended.

    A training step that is cut off between its update and its counting would be saved half done.
    """
    with interruptions_remembered() as caught:
        yield
    if caught:
        raise KeyboardInterrupt


@contextmanager
def interruptions_remembered() -> Iterator[list[int]]:
    """The signals that arrive within the block, which do nothing else.

    Signals reach the main thread only; in another one the list stays empty, and nothing is changed.
    """
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return

    def remember(signal_number: int, frame: FrameType | None) -> None:
        caught.append(signal_number)

    before = {number: signal.signal(number, remember) for number in DEFERRED}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
