"""Threads: how many there are to use, and work that several of them do at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

MOST_THREADS = 4  # each needs some 60 MB; whoever has more cores and recordings has --jobs

Item = TypeVar("Item")
Result = TypeVar("Result")


def core_count() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_count() -> int:
    """What OMP_NUM_THREADS says, as other numerical libraries have it, or else a thread for each core."""
    text = os.environ.get("OMP_NUM_THREADS", "")
    if text.isdecimal() and int(text):
        return min(MOST_THREADS, int(text))
    return min(MOST_THREADS, core_count())


def in_order(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """What the function makes of each item, in the items' order, as `map` gives it; so many at a time.

    Items are taken as they are needed, in the thread of the caller, which may make the next meanwhile.
    """
    if threads <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        coming: deque[Future[Result]] = deque()
        for item in items:
            coming.append(pool.submit(function, item))
            if len(coming) > threads:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
