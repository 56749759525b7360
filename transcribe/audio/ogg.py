"""The pages of Ogg files (RFC 3533): which are damaged, and where one stream of sound ends and another begins."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from mp3tomidi.transcribe.audio.patchwork import Stretch, patchwork

_HEADER_BYTES = 27
_LONGEST_PAGE_BYTES = 65_307
_FIRST_PAGE, _LAST_PAGE = 2, 4
_NO_POSITION = -1  # of a page on which no packet ends
_PRE_SKIP_AT = 10  # bytes into the header of Opus
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class OggPage:
    start: int  # first and last (exclusive) byte within the file
    end: int
    flags: int
    position: int  # samples of the stream that are there when the page ends; -1 where no packet ends on it
    stream: int  # which of those in the file
    number: int

    @property
    def is_first(self) -> bool:
        return bool(self.flags & _FIRST_PAGE)


@dataclass(frozen=True)
class OggStretch:
    """Pages without damage between them.

    beginning: the pages up to the first on which a packet ends.
    position: samples of the sound that are there when they end.
    """

    file: BinaryIO
    beginning: BinaryIO
    position: int


def pages(file: BinaryIO) -> Iterator[OggPage]:
    """All pages whose checksum is right."""
    file_bytes = file.seek(0, os.SEEK_END)
    at = 0
    while at < file_bytes:
        file.seek(at)
        content = file.read(_LONGEST_PAGE_BYTES)
        length = _page_bytes(content)
        if length and _checksum(content[:length]) == int.from_bytes(content[22:26], "little"):
            position = int.from_bytes(content[6:14], "little", signed=True)
            stream, number = (int.from_bytes(content[start : start + 4], "little") for start in (14, 18))
            yield OggPage(at, at + length, content[5], position, stream, number)
            at += length
        else:
            found = content.find(b"OggS", 1)
            at += found if found > 0 else max(1, len(content) - 3)


def stretches(ogg: BinaryIO) -> list[OggStretch]:
    """The stretches of one stream between damaged or missing pages, each with the pages that a decoder needs first.

    Empty where the stream is whole, where those pages are not, and where several streams sound at once.
    """
    found = list(pages(ogg))
    headers = next((index for index, page in enumerate(found) if page.position != 0), 0)
    is_one = len({page.stream for page in found}) == 1
    if not headers or not is_one or not _are_neighbours(found[:headers]) or _are_neighbours(found):
        return []
    first_page, skipped = _without_pre_skip(ogg, found[0])
    as_it_begins: list[Stretch] = [(0, found[headers - 1].end)]
    as_it_goes_on: list[Stretch] = [first_page, (found[0].end, found[headers - 1].end)]
    breaks = [at for at in range(headers, len(found)) if not _are_neighbours(found[at - 1 : at + 1])]
    result = []
    for start, end in pairwise([headers, *(at for at in breaks if at > headers), len(found)]):
        run = found[start:end]
        if first := next((page for page in run if page.position != _NO_POSITION), None):
            before = as_it_begins if start == headers and headers not in breaks else as_it_goes_on
            whole = patchwork(ogg, [*before, (run[0].start, run[-1].end)])
            beginning = patchwork(ogg, [*before, (run[0].start, first.end)])
            result.append(OggStretch(whole, beginning, first.position - skipped))
    return result


def _without_pre_skip(ogg: BinaryIO, first: OggPage) -> tuple[bytes, int]:
    """The first page, and how many samples Opus is to leave out (RFC 7845): none, in a later stretch."""
    ogg.seek(first.start)
    page = ogg.read(first.end - first.start)
    at = page.find(b"OpusHead") + _PRE_SKIP_AT
    if at < _PRE_SKIP_AT:
        return page, 0
    changed = page[:at] + bytes(2) + page[at + 2 :]
    changed = changed[:22] + _checksum(changed).to_bytes(4, "little") + changed[26:]
    return changed, int.from_bytes(page[at : at + 2], "little")


def _are_neighbours(run: Sequence[OggPage]) -> bool:
    return all(before.end == after.start and before.number + 1 == after.number for before, after in pairwise(run))


def lacks_last_page(ogg: BinaryIO) -> bool:
    """Whether an Ogg file does not end with a page that says that it is the last."""
    size = ogg.seek(0, os.SEEK_END)
    ogg.seek(max(0, size - _LONGEST_PAGE_BYTES))
    page = ogg.read().rpartition(b"OggS")[2]
    return len(page) < 2 or not page[1] & _LAST_PAGE


def _page_bytes(content: bytes) -> int:
    """The length of the page that begins here; 0 if none does."""
    if content[:4] != b"OggS" or len(content) < _HEADER_BYTES:
        return 0
    segments = content[26]
    length = _HEADER_BYTES + segments + sum(content[_HEADER_BYTES : _HEADER_BYTES + segments])
    return length if length <= len(content) else 0


def _checksum(page: bytes) -> int:
    """Ogg's checksum: the polynomial of zlib's, but bits in the other order and neither end inverted."""
    register = zlib.crc32((page[:22] + bytes(4) + page[26:]).translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{register:032b}"[::-1], 2)
