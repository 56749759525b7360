"""Files that were put together byte by byte (`cat a.flac b.flac > both.flac`): where each begins.

Decoders read the first one and are silent about the rest. Streams of MPEG audio are told apart in `mp3`, since they
have no beginning that can be known without their frames.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import BinaryIO, Literal

from mp3tomidi.transcribe.audio.ogg import pages
from mp3tomidi.transcribe.audio.patchwork import part

_BLOCK_BYTES = 1 << 20
_FLAC = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")  # with the header of the first block, which is 34 bytes long
_MATROSKA = re.compile(rb"\x1aE\xdf\xa3.{1,8}\x42\x86\x81\x01", re.DOTALL)  # with the version of the format
_ASF = re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c")
_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_LONGEST_SIGNATURE_BYTES = 16


def joined_files(file: BinaryIO) -> list[BinaryIO]:
    """The files of one kind that a file consists of; the file itself if it is one."""
    file.seek(0)
    start = file.read(_LONGEST_SIGNATURE_BYTES)
    for at, signature, starts in _KINDS:
        if start[at:].startswith(signature):
            found = list(starts(file))
            break
    else:
        return [file]
    if len(found) < 2:
        return [file]
    return [part(file, first, last) for first, last in pairwise([*found, file.seek(0, os.SEEK_END)])]


def _by_signature(signature: re.Pattern[bytes], file: BinaryIO) -> Iterator[int]:
    """For kinds whose length is not written down: looks for the bytes that a file of the kind begins with."""
    block_start, block, last = 0, b"", -1
    file.seek(0)
    while read := file.read(_BLOCK_BYTES):
        block += read
        for match in signature.finditer(block):
            if block_start + match.start() > last:
                last = block_start + match.start()
                yield last
        kept = min(len(block), _LONGEST_SIGNATURE_BYTES)
        block_start, block = block_start + len(block) - kept, block[-kept:]


def _by_length(length: Callable[[BinaryIO, int], int], file: BinaryIO) -> Iterator[int]:
    """For kinds that say how long they are: `length` of the file that begins at a byte, 0 if none of the kind does."""
    at, file_bytes = 0, file.seek(0, os.SEEK_END)
    while at < file_bytes and (step := length(file, at)):
        yield at
        at += step


def _ogg_starts(file: BinaryIO) -> Iterator[int]:
    """Streams that sound at once all begin before the first page of sound; one that begins later is joined."""
    in_sound = True
    for page in pages(file):
        if page.is_first and in_sound:
            yield page.start
        in_sound = not page.is_first


def _riff_bytes(file: BinaryIO, at: int) -> int:
    length = _chunk_bytes(file, at, b"RIFF", (b"WAVE", b"AVI "), "little")
    while length and (more := _chunk_bytes(file, at + length, b"RIFF", (b"AVIX",), "little")):  # of a long AVI file
        length += more
    return length


def _form_bytes(file: BinaryIO, at: int) -> int:
    return _chunk_bytes(file, at, b"FORM", (b"AIFF", b"AIFC"), "big")


def _chunk_bytes(
    file: BinaryIO, at: int, kind: bytes, forms: tuple[bytes, ...], order: Literal["little", "big"]
) -> int:
    file.seek(at)
    header = file.read(12)
    if header[:4] != kind or header[8:] not in forms:
        return 0
    size = int.from_bytes(header[4:8], order)
    return 8 + size + size % 2


def _w64_bytes(file: BinaryIO, at: int) -> int:
    file.seek(at)
    header = file.read(24)
    return int.from_bytes(header[16:], "little") + 7 & ~7 if header[:16] == _W64 else 0


def _au_bytes(file: BinaryIO, at: int) -> int:
    file.seek(at)
    header = file.read(12)
    return int.from_bytes(header[4:8]) + int.from_bytes(header[8:]) if header[:4] == b".snd" else 0


def _caf_bytes(file: BinaryIO, at: int) -> int:
    length, rest = 8, file.seek(0, os.SEEK_END) - at
    file.seek(at)
    if file.read(4) != b"caff":
        return 0
    while length < rest:
        file.seek(at + length)
        header = file.read(12)
        if header[:4] == b"caff":
            break
        length += 12 + int.from_bytes(header[4:])  # of sound written to a pipe, 2^64 - 1: to the end of the file
    return length


def _mp4_bytes(file: BinaryIO, at: int) -> int:
    """The boxes from one that says what the file is to the next such."""
    length, rest = 0, file.seek(0, os.SEEK_END) - at
    while length < rest:
        file.seek(at + length)
        header = file.read(16)
        size = int.from_bytes(header[:4])
        if size == 1:
            size = int.from_bytes(header[8:])
        if (header[4:8] == b"ftyp") != (length == 0) or size < 8:
            break
        length += size
    return length


_KINDS: tuple[tuple[int, bytes, Callable[[BinaryIO], Iterator[int]]], ...] = (
    (0, b"fLaC", partial(_by_signature, _FLAC)),
    (0, b"\x1aE\xdf\xa3", partial(_by_signature, _MATROSKA)),
    (0, b"0&\xb2u\x8ef\xcf\x11", partial(_by_signature, _ASF)),
    (0, b"OggS", _ogg_starts),
    (0, b"RIFF", partial(_by_length, _riff_bytes)),
    (0, b"FORM", partial(_by_length, _form_bytes)),
    (0, b"riff", partial(_by_length, _w64_bytes)),
    (0, b".snd", partial(_by_length, _au_bytes)),
    (0, b"caff", partial(_by_length, _caf_bytes)),
    (4, b"ftyp", partial(_by_length, _mp4_bytes)),
)
