"""Cuts long sound into overlapping windows and says which frames of each are kept: pure functions.

A network's output depends on `context` frames on either side. A window that is that much larger than what is kept of
it gives the same output as one pass over the whole recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """Frames start to stop are analysed, frames keep_start to keep_stop kept (all counted in the recording)."""

    start: int
    stop: int
    keep_start: int
    keep_stop: int


def cut(frame_count: int, most_kept: int, context_frames: int, *, equal: bool = False) -> list[Window]:
    """Windows that keep every frame once, each analysed with its context as far as the recording has it.

    They are as few as can be and about equally long; equal: all but the last keep `most_kept` frames.
    """
    count = -(-frame_count // most_kept)
    if equal:
        bounds = [min(frame_count, most_kept * number) for number in range(count + 1)] if count else []
    else:
        bounds = [frame_count * number // count for number in range(count + 1)] if count else []
    return [
        Window(max(0, first - context_frames), min(frame_count, last + context_frames), first, last)
        for first, last in pairwise(bounds)
    ]


def excerpts(blocks: Iterable[NDArray[np.float32]], bounds: Sequence[tuple[int, int]]) -> Iterator[NDArray[np.float32]]:
    """The samples from start to stop for each (start, stop) of sound that comes in blocks.

    Each starts no earlier than the one before and no later than it stops. Only what is still needed is held. After
    its end the sound is silent.
    """
    coming = iter(blocks)
    held, first = np.zeros(0, np.float32), 0
    for start, stop in bounds:
        waiting = [held[start - first :]]
        first, available = start, start + len(waiting[0])
        while available < stop and (block := next(coming, None)) is not None:
            waiting.append(block)
            available += len(block)
        held = np.concatenate(waiting)
        excerpt = held[: stop - start]
        yield np.pad(excerpt, (0, stop - start - len(excerpt)))
