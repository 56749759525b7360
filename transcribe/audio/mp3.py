"""MPEG audio (mp3, mp2) in pieces that a decoder reads to the end: one for each stream, whole again where damaged.

libmpg123 gives up where a kilobyte holds no frames, and stops where the count in the first frame is reached, whatever
follows. So the frames are found first (`mpeg_frames`). A file that is one stream without damage is left as it is. Of
others, each stream becomes a piece, in which frames of silence stand for those that are missing, so that what follows
keeps its time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from mp3tomidi.transcribe.audio.mpeg_frames import ID3_HEADER_BYTES, FrameHeader, Run, find_runs, id3_bytes, read_header
from mp3tomidi.transcribe.audio.patchwork import Stretch, part, patchwork

_SEARCHED_BYTES = 1 << 24  # a tag with pictures may be large
_SURE_EXCESS_S = 0.5  # by how much a stream must be longer than its count to be taken for two
_JUNK_THAT_IS_SKIPPED_BYTES = 1024  # by libmpg123
_RESERVOIR_BYTES = 511  # how far back the sound of a frame of layer III may begin
_LONGEST_HEADER_BYTES = 4 + 2 + 32  # header, checksum and side information


@dataclass(frozen=True)
class Piece:
    """One stream of a file.

    silent: where frames are missing and silence stands for them, and for how long, seconds within the stream.
    damage: what else is wrong, for a message.
    """

    file: BinaryIO
    silent: tuple[tuple[float, float], ...] = ()
    damage: str | None = None


def pieces(file: BinaryIO) -> list[Piece]:
    """The streams of an MPEG audio file, in order; the file as it is if it is one whole stream, or has no frames."""
    file_bytes = file.seek(0, os.SEEK_END)
    streams: list[list[Run]] = []
    for found in find_runs(file):
        for is_joined, run in enumerate(_split_at_count(found)):
            if is_joined or not streams or run.counted is not None or not run.header.is_like(streams[-1][0].header):
                streams.append([])
            streams[-1].append(run)
    if not streams:
        return [Piece(file)]
    last = streams[-1][-1]
    ends_whole = last.next_start == file_bytes
    if streams == [[last]]:
        junk_bytes = file_bytes - last.next_start
        if junk_bytes <= _JUNK_THAT_IS_SKIPPED_BYTES:
            return [Piece(file)]
        long = junk_bytes * last.frames * last.header.seconds > _SURE_EXCESS_S * last.frames_bytes
        return [Piece(part(file, 0, last.end), damage=f"its last {junk_bytes:,} bytes are no sound" if long else None)]
    return [_piece(file, runs, may_lack_more=runs is not streams[-1] or ends_whole) for runs in streams]


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
    at = start.find(b"\xff", ID3_HEADER_BYTES)
    while at >= 0:
        header = _layer_3(start[at : at + 4])
        if header and _layer_3(start[at + header.frame_bytes : at + header.frame_bytes + 4]):
            return part(file, at)
        at = start.find(b"\xff", at + 1)
    return file


def _layer_3(content: bytes) -> FrameHeader | None:
    header = read_header(content)
    return header if header and header.layer == 3 else None


def _end_of_tags(mp3: BinaryIO) -> int:
    end = 0
    mp3.seek(0)
    start = mp3.read(ID3_HEADER_BYTES)
    while start[:3] == b"ID3" and len(start) == ID3_HEADER_BYTES:
        end += id3_bytes(start)
        mp3.seek(end)
        start = mp3.read(ID3_HEADER_BYTES)
    return end


def _split_at_count(run: Run) -> Iterator[Run]:
    """A run, or two, if it goes on for long after as many frames as its first one counts: another file was joined."""
    if run.counted is None or run.counted_end is None:
        yield run
        return
    excess = run.sound_frames - run.counted
    if excess * run.header.seconds < _SURE_EXCESS_S:
        yield run
        return
    at = run.counted_end
    yield Run(
        run.header, run.counted, run.start, at, run.counted + 1, next_start=at, tags=[t for t in run.tags if t[0] < at]
    )
    start = next((tag[1] for tag in run.tags if tag[0] == at), at)
    rest = [tag for tag in run.tags if tag[0] > at]
    yield Run(run.header, None, start, run.end, excess, run.last_start, run.next_start, rest)


def _piece(file: BinaryIO, runs: list[Run], *, may_lack_more: bool) -> Piece:
    """The runs of one stream, joined by silence.

    may_lack_more: the stream is not cut off at its end, so all that its count has more lies between the runs.
    """
    header = runs[0].header
    mean_frame_bytes = sum(run.frames_bytes for run in runs) / sum(run.frames for run in runs)
    missing = [max(1, round((after.start - before.end) / mean_frame_bytes)) for before, after in pairwise(runs)]
    counted = runs[0].counted
    if may_lack_more and counted is not None and missing:
        # Bytes may have been lost, too; where they were is not known, so the largest damage gets them.
        largest = missing.index(max(missing))
        there = sum(run.sound_frames for run in runs) + sum(missing) - missing[largest]
        missing[largest] = max(1, counted - there)
    stretches: list[Stretch] = []
    silent: list[tuple[float, float]] = []
    frames = 0
    for run, lost in zip(runs, [0, *missing], strict=True):
        if lost:
            stretches.append(header.silence() * lost)
            silent.append((frames * header.seconds, lost * header.seconds))
        stretches += _stretches(file, run, follows_silence=lost > 0)
        frames += lost + run.sound_frames
    return Piece(patchwork(file, stretches), tuple(silent))


def _stretches(file: BinaryIO, run: Run, *, follows_silence: bool) -> list[Stretch]:
    """The bytes of a run without the tags in it, and without references to sound before it if that is lost."""
    position = run.start
    stretches: list[Stretch] = []
    if follows_silence and run.header.layer == 3:
        stretches, position = _muted_beginning(file, run)
    for start, end in run.tags:
        if start >= position:
            stretches.append((position, start))
            position = end
    return [*stretches, (position, run.end)]


def _muted_beginning(file: BinaryIO, run: Run) -> tuple[list[Stretch], int]:
    """The first frames of a run of layer III, as far as their sound begins in frames that are lost; and their end.

    The sound of a frame may begin in the frames before it, in what those left free. Such a frame is muted by zeros
    in its side information, behind the number that says how far back; its own bytes stay, since the next frame's
    sound may begin there.
    """
    stretches: list[Stretch] = []
    position, there = run.start, 0  # bytes of coded sound before the frame
    limit = run.tags[0][0] if run.tags else run.end
    while position < limit and there < _RESERVOIR_BYTES:
        file.seek(position)
        content = file.read(_LONGEST_HEADER_BYTES)
        header = read_header(content[:4])
        if header is None:
            break
        side = 4 + header.checksum_bytes
        sound = side + header.side_information_bytes
        end = position + header.frame_bytes
        begins_back = int.from_bytes(content[side : side + 2]) >> (7 if header.is_mpeg1 else 8)
        if begins_back > there:
            back = (begins_back << (7 if header.is_mpeg1 else 8)).to_bytes(2)
            zeros = bytes(header.side_information_bytes - len(back))
            stretches += [(position, position + side), back, zeros, (position + sound, end)]
        else:
            stretches.append((position, end))
        there += header.frame_bytes - sound
        position = end
    return stretches, position
