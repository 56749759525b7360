"""The frames of MPEG audio (mp3, mp2): their headers, and where in a file they follow one another.

ISO 11172-3, 2.4.1.3 and 13818-3; tags by https://id3.org and https://wiki.hydrogenaud.io/index.php?title=APEv2.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO

ID3_HEADER_BYTES = 10
_ID3_FOOTER = 0x10
_ID3V1_BYTES = 128
APE_HEADER_BYTES = 32
_BLOCK_BYTES = 1 << 20
SURE_FRAMES = 4  # that follow one another; fewer may look so by chance

_KBIT_S = {  # by (MPEG 1 or not, layer)
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


@dataclass(frozen=True)
class FrameHeader:
    """The four bytes that a frame begins with, read."""

    content: bytes
    is_mpeg1: bool
    layer: int
    sample_rate: int  # Hz
    frame_bytes: int  # with these four

    @property
    def seconds(self) -> float:
        """How long the frame sounds."""
        if self.layer == 1:
            return 384 / self.sample_rate
        return (1152 if self.layer == 2 or self.is_mpeg1 else 576) / self.sample_rate

    @property
    def checksum_bytes(self) -> int:
        return 0 if self.content[1] & 1 else 2

    @property
    def side_information_bytes(self) -> int:
        """Length of what stands between header or checksum and the coded sound of a frame of layer III."""
        is_mono = self.content[3] >> 6 == 3
        if self.is_mpeg1:
            return 17 if is_mono else 32
        return 9 if is_mono else 17

    def is_like(self, other: FrameHeader) -> bool:
        """Whether frames with these headers may follow one another in one stream."""
        return (self.is_mpeg1, self.layer, self.sample_rate) == (other.is_mpeg1, other.layer, other.sample_rate)

    def silence(self) -> bytes:
        """A frame of the same length without a checksum that decodes to silence: all that it codes is zero."""
        return bytes([self.content[0], self.content[1] | 1, *self.content[2:]]) + bytes(self.frame_bytes - 4)


@lru_cache(maxsize=4096)
def read_header(content: bytes) -> FrameHeader | None:
    """The header in four bytes; None if they are none, or one of the free format, whose length is unknown."""
    if len(content) < 4 or content[0] != 0xFF or content[1] & 0xE0 != 0xE0:
        return None
    version, layer = content[1] >> 3 & 3, 4 - (content[1] >> 1 & 3)
    bitrate, rate = content[2] >> 4, content[2] >> 2 & 3
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return None
    is_mpeg1, sample_rate, padding = version == 3, _RATES_HZ[version][rate], content[2] >> 1 & 1
    bits_s = 1000 * _KBIT_S[is_mpeg1, layer][bitrate - 1]
    if layer == 1:
        length = 4 * (12 * bits_s // sample_rate + padding)
    else:
        length = (144 if layer == 2 or is_mpeg1 else 72) * bits_s // sample_rate + padding
    return FrameHeader(content, is_mpeg1, layer, sample_rate, length)


@dataclass
class Run:
    """Frames of one stream that follow one another with nothing between them but tags."""

    header: FrameHeader  # of the first frame
    counted: int | None  # frames of the stream, if the first one, which then is no sound, says how many
    start: int  # byte within the file; so are all below
    end: int
    frames: int = 0
    last_start: int = 0  # where the last frame begins
    next_start: int = 0  # behind the tags that follow the last frame
    tags: list[tuple[int, int]] = field(default_factory=list)  # between frames: first and last (exclusive) bytes
    counted_end: int | None = None  # where the counted frames end, if there are as many

    @property
    def sound_frames(self) -> int:
        return self.frames - (self.counted is not None)

    @property
    def frames_bytes(self) -> int:
        return self.end - self.start - sum(end - start for start, end in self.tags)


class _Bytes:
    """Bytes of a file anywhere, read in blocks."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.size = file, file.seek(0, os.SEEK_END)
        self._start, self._block = 0, b""

    def at(self, position: int, length: int) -> bytes:
        start = position - self._start
        if not 0 <= start <= start + length <= len(self._block):
            self._file.seek(position)
            self._start, self._block, start = position, self._file.read(max(length, _BLOCK_BYTES)), 0
        return self._block[start : start + length]

    def find(self, byte: bytes, position: int) -> int:
        """Position of the first such byte from `position` on; the size of the file if there is none."""
        while position < self.size and self.at(position, 1):
            found = self._block.find(byte, position - self._start)
            if found >= 0:
                return self._start + found
            position = self._start + len(self._block)
        return self.size


def frames_begin(file: BinaryIO, at: int) -> bool:
    """Whether an MPEG audio file begins at a byte: frames, perhaps behind tags."""
    content = _Bytes(file)
    while tag := _tag_bytes(content, at):
        at += tag
    header = read_header(content.at(at, 4))
    return header is not None and _are_frames(content, at, header, SURE_FRAMES)


def find_runs(file: BinaryIO) -> list[Run]:
    """All runs of frames of a file, in their order.

    A frame that is followed by bytes that are neither a frame nor a tag, and later by more frames, is damaged or cut
    off, and belongs to no run.
    """
    content = _Bytes(file)
    runs: list[Run] = []
    position: int | None = _next_frames(content, 0, None)
    while position is not None:
        run = _run_from(content, position)
        runs.append(run)
        if (position := _next_frames(content, run.next_start, run.header, only_here=True)) is None:
            position = _next_frames(content, run.last_start + 1, run.header)
            if position is not None:
                run.end, run.frames = run.last_start, run.frames - 1
    return [run for run in runs if run.sound_frames > 0]


def _run_from(content: _Bytes, start: int) -> Run:
    header = read_header(content.at(start, 4))
    assert header is not None  # _next_frames found one
    run = Run(header, _count(content, start, header), start, start)
    position = start
    while position < content.size:
        header = read_header(content.at(position, 4))
        if header is None:
            tag = _tag_bytes(content, position)
            if not tag:
                break
            position += tag
            continue
        if not header.is_like(run.header) or position + header.frame_bytes > content.size:
            break
        if run.frames and _count(content, position, header) is not None:
            break
        if position > run.end:
            run.tags.append((run.end, position))
        run.last_start, run.frames = position, run.frames + 1
        position += header.frame_bytes
        run.end = position
        if run.sound_frames == run.counted:
            run.counted_end = position
    run.next_start = min(position, content.size)
    return run


def _next_frames(content: _Bytes, position: int, known: FrameHeader | None, *, only_here: bool = False) -> int | None:
    """Where two frames like `known`, or four alike, follow one another from `position` on; None if they do nowhere."""
    while position < content.size:
        header = read_header(content.at(position, 4))
        if header is not None:
            needed = 2 if known is None or header.is_like(known) else SURE_FRAMES
            if _are_frames(content, position, header, needed):
                return position
        if only_here:
            return None
        tag = _tag_bytes(content, position)
        position = content.find(b"\xff", position + 1) if not 0 < tag < content.size - position else position + tag
    return None


def _are_frames(content: _Bytes, position: int, like: FrameHeader, count: int) -> bool:
    """Whether `count` frames that belong together, the last one whole, begin at `position`."""
    for _ in range(count):
        header = read_header(content.at(position, 4))
        if header is None or not header.is_like(like):
            return False
        position += header.frame_bytes
    return position <= content.size


def _count(content: _Bytes, position: int, header: FrameHeader) -> int | None:
    """The count in a frame called "Xing" or "Info", or by its encoder's name "VBRI", which is the first of a stream."""
    if header.layer != 3:
        return None
    at = position + 4 + header.side_information_bytes
    for checksum in {0, header.checksum_bytes}:
        word = content.at(at + checksum, 12)
        if word[:4] in (b"Xing", b"Info") and word[7] & 1:
            return int.from_bytes(word[8:])
    return None


def _tag_bytes(content: _Bytes, position: int) -> int:
    """The length of the tag that begins at `position`; 0 if none does."""
    start = content.at(position, APE_HEADER_BYTES)
    if start[:3] == b"ID3" and len(start) >= ID3_HEADER_BYTES:
        return id3_bytes(start)
    if start[:3] == b"TAG":
        return _ID3V1_BYTES
    if start[:8] == b"APETAGEX" and len(start) == APE_HEADER_BYTES:
        return APE_HEADER_BYTES + int.from_bytes(start[12:16], "little")
    return 0


def id3_bytes(header: bytes) -> int:
    """The length of a tag of ID3 version 2 by its first ten bytes: its size stands in four bytes of seven bits."""
    size = sum(byte << shift for byte, shift in zip(header[6:10], (21, 14, 7, 0), strict=True))
    return size + ID3_HEADER_BYTES * (2 if header[5] & _ID3_FOOTER else 1)
