"""A file put together from stretches of another one and from bytes of its own, for decoders that need one file."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO

Stretch = tuple[int, int] | bytes
"""First and last (exclusive) byte within the other file, or the bytes themselves."""


def patchwork(file: BinaryIO, stretches: Sequence[Stretch]) -> BinaryIO:
    """A readable, seekable file of `stretches` of `file` in their order. `file` must stay open and is moved about."""
    return io.BufferedReader(_Patchwork(file, stretches))


def part(file: BinaryIO, start: int, end: int | None = None) -> BinaryIO:
    """The bytes of a file from `start` to `end` (exclusive; None: its end), as if they were a file."""
    return patchwork(file, [(start, file.seek(0, os.SEEK_END) if end is None else end)])


class _Patchwork(io.RawIOBase):
    def __init__(self, file: BinaryIO, stretches: Sequence[Stretch]) -> None:
        self._file = file
        self._stretches = [stretch for stretch in stretches if _length(stretch)]
        self._starts = [0, *accumulate(map(_length, self._stretches))]  # of the stretches; the last is the length
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence])
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self._starts[-1]:
            return 0
        index = bisect_right(self._starts, self._at) - 1
        stretch, skip = self._stretches[index], self._at - self._starts[index]
        length = min(len(buffer), self._starts[index + 1] - self._at)
        if isinstance(stretch, bytes):
            content = stretch[skip : skip + length]
        else:
            self._file.seek(stretch[0] + skip)
            content = self._file.read(length)
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def _length(stretch: Stretch) -> int:
    return len(stretch) if isinstance(stretch, bytes) else max(0, stretch[1] - stretch[0])
