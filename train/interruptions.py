"""Ctrl-C and SIGTERM, let through only where the state is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DEFERRED = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptions_deferred() -> Iterator[None]:
    """An interruption within the block is raised, as KeyboardInterrupt, when the block has ended.

    A training step that is cut off between its update and its counting would be saved half done. Signals reach
    the main thread only; in another one nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []

    def remember(signal_number: int, frame: FrameType | None) -> None:
        caught.append(signal_number)

    before = {number: signal.signal(number, remember) for number in DEFERRED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if caught:
        raise KeyboardInterrupt
