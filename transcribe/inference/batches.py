"""Windows of several recordings computed together, for a device that is quickest with many: a GPU.

Each recording is transcribed in a thread of its own, which hands in a window and waits. Whatever has been handed in
while the device was at work is its next batch, so nothing waits for a batch to be full, and the threads decode
meanwhile.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Request = TypeVar("Request")
Result = TypeVar("Result")


@dataclass(slots=True)
class Times:
    """Seconds in which the device was at work, in which it waited for a window, and the sizes of its batches."""

    busy_s: float = 0.0
    waited_s: float = 0.0
    batches: list[int] = field(default_factory=list)


@dataclass(slots=True, eq=False)  # requests may hold arrays, which are not to be compared
class _Waiting(Generic[Request, Result]):
    request: Request
    result: Future[Result] = field(default_factory=Future)


class Batches(Generic[Request, Result]):
    """Computes requests of several threads in batches of at most `most`, of those that have the same shape.

    compute: the results of a batch, in its order. shape: of a request; those of different shapes are never mixed.
    """

    def __init__(
        self, compute: Callable[[Sequence[Request]], Sequence[Result]], shape: Callable[[Request], Hashable], most: int
    ) -> None:
        self._compute, self._shape, self._most = compute, shape, most
        self._coming: queue.SimpleQueue[_Waiting[Request, Result]] = queue.SimpleQueue()
        self.times = Times()
        threading.Thread(target=self._serve, name="batches", daemon=True).start()

    def __call__(self, request: Request) -> Result:
        """The result of a request, as soon as it is there. Raises what `compute` raises."""
        waiting: _Waiting[Request, Result] = _Waiting(request)
        self._coming.put(waiting)
        return waiting.result.result()

    def _serve(self) -> None:
        held: list[_Waiting[Request, Result]] = []
        while True:
            start_s = time.perf_counter()
            if not held:
                held.append(self._coming.get())
            self._take_all(held)
            shape = self._shape(held[0].request)
            batch = [one for one in held if self._shape(one.request) == shape][: self._most]
            held = [one for one in held if one not in batch]
            ready_s = time.perf_counter()
            self._do(batch)
            self.times.waited_s += ready_s - start_s
            self.times.busy_s += time.perf_counter() - ready_s
            self.times.batches.append(len(batch))

    def _take_all(self, held: list[_Waiting[Request, Result]]) -> None:
        while True:
            try:
                held.append(self._coming.get_nowait())
            except queue.Empty:
                return

    def _do(self, batch: Sequence[_Waiting[Request, Result]]) -> None:
        try:
            results = list(zip(batch, self._compute([one.request for one in batch]), strict=True))
        except BaseException as error:
            for one in batch:
                one.result.set_exception(error)
            return
        for one, result in results:
            one.result.set_result(result)
