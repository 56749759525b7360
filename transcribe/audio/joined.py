"""Files that were put together byte by byte (`cat a.flac b.mp3 > both.flac`), of one kind or more: where each begins.

Decoders read the first one and are silent about the rest. Streams of MPEG audio that follow one another are one file
here, and distinguished in `mp3`, since they have no beginning that can be known without their frames.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import BinaryIO, Literal

from mp3tomidi.transcribe.audio.mpeg_frames import find_runs, frames_begin
from mp3tomidi.transcribe.audio.ogg import pages
from mp3tomidi.transcribe.audio.patchwork import part

_BLOCK_BYTES = 1 << 20
_FLAC = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")  # with the header of the first block, which is 34 bytes long
_MATROSKA = re.compile(rb"\x1aE\xdf\xa3.{1,8}\x42\x86\x81\x01", re.DOTALL)  # with the version of the format
_ASF = re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c")
_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_LONGEST_SIGNATURE_BYTES = 16
_RIFF = re.compile(rb"RIFF.{4}(?=WAVE)", re.DOTALL)
_OGG = re.compile(rb"OggS\0\x02\0{8}")
_ID3 = re.compile(rb"ID3[\x02-\x04]\0")
_AFTER_FLAC, _AFTER_MPEG = (_ID3, _RIFF, _OGG), (_FLAC, _RIFF, _OGG)


def joined_files(file: BinaryIO) -> list[BinaryIO]:
    """The files that a file consists of; the file itself if it is one."""
    size = file.seek(0, os.SEEK_END)
    found: list[int] = []
    at = 0
    while at < size and (kind := _kind_at(file, at)) is not None:
        starts, end = kind(part(file, at) if at else file)
        found += [at + start for start in starts or [0] * (at == 0)]  # a last page that is cut begins nothing
        at += end
    if len(found) < 2:
        return [file]
    return [part(file, first, last) for first, last in pairwise([*found, size])]


# Where the files of a kind begin in one that begins with such, and where they end: where another kind may begin.
Spans = tuple[list[int], int]


def _kind_at(file: BinaryIO, at: int) -> Callable[[BinaryIO], Spans] | None:
    file.seek(at)
    start = file.read(_LONGEST_SIGNATURE_BYTES)
    for skip, signature, spans in _KINDS:
        if start[skip:].startswith(signature):
            return spans
    return _mpeg if frames_begin(file, at) else None


def _flac(file: BinaryIO) -> Spans:
    return _by_signature(_FLAC, file)[0], _first(_AFTER_FLAC, file, lambda at: _kind_at(file, at) is not None)


def _mpeg(file: BinaryIO) -> Spans:
    """Ends where another kind begins right behind the frames: its bytes mean nothing within them or in a tag."""

    def is_behind_frames(at: int) -> bool:
        runs = find_runs(part(file, 0, at))
        return bool(runs) and runs[-1].next_start == at

    return [0], _first(_AFTER_MPEG, file, is_behind_frames)


def _first(signatures: tuple[re.Pattern[bytes], ...], file: BinaryIO, begins: Callable[[int], bool]) -> int:
    """Where the first of some signatures is behind which a file `begins`; the length of the file if there is none."""
    found = sorted(at for signature in signatures for at in _by_signature(signature, file)[0] if at)
    return next((at for at in found if begins(at)), file.seek(0, os.SEEK_END))


def _by_signature(signature: re.Pattern[bytes], file: BinaryIO) -> Spans:
    """For kinds whose length is not written down: looks for the bytes that a file of the kind begins with."""
    block_start, block, starts = 0, b"", [-1]
    file.seek(0)
    while read := file.read(_BLOCK_BYTES):
        block += read
        for match in signature.finditer(block):
            if block_start + match.start() > starts[-1]:
                starts.append(block_start + match.start())
        kept = min(len(block), _LONGEST_SIGNATURE_BYTES)
        block_start, block = block_start + len(block) - kept, block[-kept:]
    return starts[1:], file.seek(0, os.SEEK_END)


def _by_length(length: Callable[[BinaryIO, int], int], file: BinaryIO) -> Spans:
    """For kinds that say how long they are: `length` of the file that begins at a byte, 0 if none of the kind does."""
    at, file_bytes, starts = 0, file.seek(0, os.SEEK_END), []
    while at < file_bytes and (step := length(file, at)):
        starts.append(at)
        at += step
    return starts, min(at, file_bytes) or file_bytes


def _ogg(file: BinaryIO) -> Spans:
    """Streams that sound at once all begin before the first page of sound; one that begins later is joined."""
    in_sound, starts, end = True, [], 0
    for page in pages(file):
        if page.is_first and in_sound:
            starts.append(page.start)
        in_sound, end = not page.is_first, page.end
    return starts, end or file.seek(0, os.SEEK_END)


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


_KINDS: tuple[tuple[int, bytes, Callable[[BinaryIO], Spans]], ...] = (
    (0, b"fLaC", _flac),
    (0, b"\x1aE\xdf\xa3", partial(_by_signature, _MATROSKA)),
    (0, b"0&\xb2u\x8ef\xcf\x11", partial(_by_signature, _ASF)),
    (0, b"OggS", _ogg),
    (0, b"RIFF", partial(_by_length, _riff_bytes)),
    (0, b"FORM", partial(_by_length, _form_bytes)),
    (0, b"riff", partial(_by_length, _w64_bytes)),
    (0, b".snd", partial(_by_length, _au_bytes)),
    (0, b"caff", partial(_by_length, _caf_bytes)),
    (4, b"ftyp", partial(_by_length, _mp4_bytes)),
)
