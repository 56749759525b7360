"""Blocks of sound: what the decoders share, and sound cut to blocks of one length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

MP3_DELAY = 1105  # samples: LAME's encoder adds 576, every decoder 529 (https://lame.sourceforge.io/tech-FAQ.txt)
MP2_DELAY = 481  # samples: of the filter banks of encoder and decoder
_ABSURD = 1e12  # damaged sound holds NaN, inf and values like 1e38, which overflow in the first sum

Chunk = tuple[int, NDArray[np.float32]]
"""Sample rate in Hz, and samples [channels, frames]. Rate and channels stay the same throughout a file."""


def in_one_line(error: Exception) -> str:
    """What a library says went wrong, fit to stand in brackets within a message."""
    words = getattr(error, "strerror", None) or str(error)  # the latter may hold a number and the name of the file
    return " ".join(words.split()).removeprefix("Error : ").rstrip(".")


def without_absurdities(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples, with silence for those that are not finite or cannot be sound."""
    return np.where(np.abs(samples) < _ABSURD, samples, np.float32(0.0))  # written so that NaN is met too


def in_blocks(chunks: Iterable[NDArray[np.float32]], length: int) -> Iterator[NDArray[np.float32]]:
    """Sound [frames] or [channels, frames] in pieces of any length, joined and cut to one, the last one shorter."""
    waiting: list[NDArray[np.float32]] = []
    frames = 0
    for chunk in chunks:
        waiting.append(chunk)
        frames += chunk.shape[-1]
        if frames < length:
            continue
        joined = np.concatenate(waiting, axis=-1)
        whole = frames - frames % length
        for start in range(0, whole, length):
            yield joined[..., start : start + length]
        waiting, frames = [joined[..., whole:]], frames - whole
    if frames:
        yield np.concatenate(waiting, axis=-1)
