"""What an mp3 says before its sound begins: tags, and the first frame with its counts."""

from __future__ import annotations

import io
import os
from typing import BinaryIO

_TAG_HEADER_BYTES = 10
_SEARCHED_BYTES = 1 << 24  # a tag with pictures may be large


def has_counts(mp3: BinaryIO) -> bool:
    """Whether the first frame is one called "Xing" or "Info", which counts the frames and mostly gives the delay.

    An mp3 that was written to a pipe or cut from a stream has none.
    """
    mp3.seek(_end_of_tags(mp3))
    first_frame = mp3.read(1034)
    return b"Xing" in first_frame or b"Info" in first_frame


def without_broken_tag(file: BinaryIO) -> BinaryIO:
    """The file, or, if it begins with a tag that claims to be longer than the file, its part after the tag.

    The tag then ends somewhere before the first two frames in a row.
    """
    size = file.seek(0, os.SEEK_END)
    if _end_of_tags(file) < size:
        return file
    file.seek(0)
    start = file.read(_SEARCHED_BYTES)
    at = start.find(b"\xff", _TAG_HEADER_BYTES)
    while at >= 0:
        length = _frame_bytes(start[at : at + 4])
        if length and _frame_bytes(start[at + length : at + length + 4]):
            return io.BufferedReader(_Part(file, at))
        at = start.find(b"\xff", at + 1)
    return file


def _end_of_tags(mp3: BinaryIO) -> int:
    end = 0
    mp3.seek(0)
    start = mp3.read(_TAG_HEADER_BYTES)
    while start[:3] == b"ID3" and len(start) == _TAG_HEADER_BYTES:  # its size stands in four bytes of seven bits
        size = sum(byte << shift for byte, shift in zip(start[6:], (21, 14, 7, 0), strict=True))
        end += _TAG_HEADER_BYTES + size
        mp3.seek(end)
        start = mp3.read(_TAG_HEADER_BYTES)
    return end


_KBIT_S = (
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
)
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def _frame_bytes(header: bytes) -> int:
    """The length of the frame of layer III that begins with these four bytes; 0 if none does (ISO 11172-3, 2.4.1.3)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return 0
    is_first = version == 3
    bits_per_s = 1000 * _KBIT_S[0 if is_first else 1][bitrate - 1]
    return (144 if is_first else 72) * bits_per_s // _RATES_HZ[version][rate] + (header[2] >> 1 & 1)


class _Part(io.RawIOBase):
    """A file from a place on, as if it began there."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start
        file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        from_start = offset + self._start if whence == os.SEEK_SET else offset
        return self._file.seek(from_start, whence) - self._start

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)
