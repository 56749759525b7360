"""Resamples sound that arrives in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray


def resampled(chunks: Iterable[NDArray[np.float32]], from_hz: int, to_hz: int) -> Iterator[NDArray[np.float32]]:
    """Chunks [channels, frames] at another rate, round(frames * to_hz / from_hz) frames in all."""
    if from_hz == to_hz:
        yield from chunks
        return
    import soxr

    resampler = None
    for chunk in chunks:
        if resampler is None:
            resampler = soxr.ResampleStream(from_hz, to_hz, chunk.shape[0], dtype="float32", quality="HQ")
        yield resampler.resample_chunk(np.ascontiguousarray(chunk.T)).T
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros((0, chunk.shape[0]), np.float32), last=True).T
