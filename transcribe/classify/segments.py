"""Cuts a recording into segments, and tells which of them are silent: pure functions on blocks of samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.array_types import Samples

SILENT_DB = -90.0  # against full scale: digital silence and dither
QUIET_DB = -50.0  # against the recording's loudest segment: the noise between two pieces


@dataclass(frozen=True, slots=True)
class Segment:
    """`sound` [segment_samples], of which the recording fills `filled_samples` from sample `first` on."""

    first: int
    filled_samples: int
    sound: Samples

    @property
    def level_db(self) -> float:
        """Root mean square of what is filled, dB against full scale; -inf for digital silence."""
        filled = self.sound[: self.filled_samples].astype(np.float64)
        power = float(np.square(filled).mean()) if len(filled) else 0.0
        return 10.0 * float(np.log10(power)) if power > 0.0 else -np.inf


def cut(blocks: Iterable[Samples], segment_samples: int, hop_samples: int) -> Iterator[Segment]:
    """Segments that begin every `hop_samples` until the recording, blocks [samples] in order, is covered.

    The last segment ends with the recording. A recording shorter than a segment is filled up with silence; an empty one
    has no segments.
    """
    held = np.zeros(0, np.float32)
    held_from, first, tail_from = 0, 0, 0
    for block in blocks:
        held = np.concatenate([held, block])
        while held_from + len(held) >= first + segment_samples:
            start = first - held_from
            yield Segment(first, segment_samples, held[start : start + segment_samples].copy())
            tail_from, first = first + segment_samples, first + hop_samples
        # What the last segment may need: it ends with the recording.
        keep_from = max(held_from, min(first, held_from + len(held) - segment_samples))
        held, held_from = held[keep_from - held_from :], keep_from
    end = held_from + len(held)
    if end > tail_from:
        sound = np.zeros(segment_samples, np.float32)
        filled = held[-segment_samples:]
        sound[: len(filled)] = filled
        yield Segment(end - len(filled), len(filled), sound)


def silent_segments(levels_db: Sequence[float]) -> NDArray[np.bool_]:
    """Which segments of a recording, by the level of each, are silent: absolutely, or against the loudest one."""
    levels = np.asarray(levels_db, np.float64)
    if not len(levels):
        return np.zeros(0, np.bool_)
    return np.asarray(levels < max(SILENT_DB, levels.max() + QUIET_DB), np.bool_)
