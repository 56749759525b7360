"""Cuts long sound into windows that overlap, and joins what a network says of them: pure functions.

A network's output depends on `context` frames on either side. A window that is that much larger than what is kept of
it gives the same output as one pass over the whole recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """Frames start to stop are analysed, frames keep_start to keep_stop kept (all counted in the recording)."""

    start: int
    stop: int
    keep_start: int
    keep_stop: int


def cut(frame_count: int, kept_frames: int, context_frames: int) -> list[Window]:
    """Windows that keep every frame once, each analysed with its context as far as the recording has it."""
    return [
        Window(
            max(0, first - context_frames),
            min(frame_count, first + kept_frames + context_frames),
            first,
            min(frame_count, first + kept_frames),
        )
        for first in range(0, frame_count, kept_frames)
    ]


def join(windows: Sequence[Window], outputs: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The kept frames of the windows' outputs [..., frames, pitch], in the order of the recording."""
    kept = [
        output[..., window.keep_start - window.start : window.keep_stop - window.start, :]
        for window, output in zip(windows, outputs, strict=True)
    ]
    return np.concatenate(kept, axis=-2)
