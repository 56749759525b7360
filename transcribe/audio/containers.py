"""The sound of containers that libsndfile cannot open (m4a, aac, wma, webm, videos), decoded by FFmpeg through PyAV.

PyAV is the optional extra "video": importing this module raises ImportError without it. In a video, time 0 is that
of the picture or of the sound, whichever begins first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

from mp3tomidi.transcribe.audio.chunks import MP2_DELAY, MP3_DELAY, Chunk, in_one_line
from mp3tomidi.transcribe.audio.claims import StreamAccount, claimed_by_container
from mp3tomidi.transcribe.errors import AudioError

_WMA = ("wmav1", "wmav2")
# Samples of delay where the container does not give it.
_DELAYS = {"mp3": MP3_DELAY, "mp3float": MP3_DELAY, "mp2": MP2_DELAY, "mp2float": MP2_DELAY, "ac3": 256, "eac3": 256}
_ATTACHED_PICTURE = 0x400  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC: a cover, not a film

_SMALLEST_GAP_S = 0.02  # time stamps are rounded to as little as 1 ms, and wander by a few
_BARE = {"aac", "ac3", "eac3"}  # formats without time stamps
_MOST_FAILURES = 10  # of reading, in a row
_SUSPICIOUS_GAP_S = 0.1  # packets are missing, whether or not the rest shows damage
_LONGEST_GAPS_S = 600.0  # all gaps of a file together; a file with more has wrong time stamps


def decode_container(file: BinaryIO, path: Path, accounts: list[StreamAccount]) -> Iterator[Chunk]:
    """Chunks of the best sound track in `file`, with an account of it; `path` is for messages.

    Raises AudioError if there is none.
    """
    file.seek(0)
    try:
        # A playlist must not make FFmpeg open addresses.
        container = av.open(file, options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise AudioError(
            f"{path} is not a sound file, or too damaged to open ({in_one_line(error)}): "
            "if it plays elsewhere, convert it to wav first"
        ) from error
    with container:
        stream = container.streams.best("audio")
        if stream is None or stream.codec_context is None:
            raise AudioError(f"{path} has no sound track that can be decoded: choose another file")
        account = StreamAccount(claimed_s=claimed_by_container(container, stream))
        for rate, samples in _decode_track(container, stream, account):
            account.seconds += samples.shape[1] / rate
            yield rate, samples
        if account.seconds:
            accounts.append(account)


def _decode_track(container: Any, stream: Any, account: StreamAccount) -> Iterator[Chunk]:
    """A sound track of an open container, with silence where it begins after the picture or has a gap."""
    codec = stream.codec_context.name
    wma_by_ffmpeg = codec in _WMA and container.metadata.get("encoder", "").startswith("Lavf")
    if wma_by_ffmpeg:
        # FFmpeg's decoder drops two frames, as many as Microsoft's encoder adds, but FFmpeg's own encoder adds one.
        stream.codec_context.options = {"flags2": "+skip_manual"}
    frames = _frames(container, stream, account)
    packet_s, starts_damaged, first = next(frames, (0.0, False, None))
    if first is None:
        return
    rate, layout = first.sample_rate, first.layout
    skip = 0
    if not _time_s(first) > packet_s:  # if it is, the container gave the delay and FFmpeg took it away
        # For AAC one frame is the least there can be, and what FFmpeg adds; other encoders add up to twice that.
        skip = first.samples if codec == "aac" or wma_by_ffmpeg else _DELAYS.get(codec, 0)
    start_s = due_s = min([_time_s(first), *(start_s - skip / rate for start_s in _picture_starts_s(container))])
    gaps_left_s = _LONGEST_GAPS_S
    converter: Any = None
    converts_from: tuple[int, str, str] | None = None
    for _, is_after_damage, frame in chain([(packet_s, starts_damaged, first)], frames):
        gap_s = _time_s(frame) - due_s
        if _SMALLEST_GAP_S < gap_s <= gaps_left_s:
            gaps_left_s -= gap_s
            if is_after_damage or gap_s > _SUSPICIOUS_GAP_S:
                account.silent.append((due_s - start_s, gap_s))
            for at in range(0, round(gap_s * rate), rate):
                yield rate, np.zeros((len(layout.channels), min(rate, round(gap_s * rate) - at)), np.float32)
        due_s = _time_s(frame) + frame.samples / frame.sample_rate
        if (now := (frame.sample_rate, frame.layout.name, frame.format.name)) != converts_from:
            converts_from = now
            converter = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        for converted in converter.resample(frame):
            yield rate, converted.to_ndarray()[:, skip:]
            skip = max(0, skip - converted.samples)


def _frames(container: Any, stream: Any, account: StreamAccount) -> Iterator[tuple[float, bool, Any]]:
    """Yields the time of the track's first packet in seconds, whether packets before were damaged, and each frame.

    In a file of bare frames a damaged packet counts as one, whatever its length; the frames after it are set right.
    """
    first_packet_s: float | None = None
    damage, is_bare = "", container.format.name in _BARE
    packets, packets_bytes, lost_ticks = 0, 0, 0
    for packet in _packets(container, stream, account):
        if first_packet_s is None:
            first_packet_s = _time_s(packet)
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            damage = in_one_line(error)
            if is_bare and packets and packet.duration:
                lost_ticks += max(0, round(packet.size * packets / packets_bytes) - 1) * packet.duration
            continue
        packets, packets_bytes = packets + 1, packets_bytes + packet.size
        for frame in frames:
            if lost_ticks and frame.pts is not None:
                frame.pts += round(lost_ticks * stream.time_base / frame.time_base)
            yield first_packet_s, bool(damage), frame
            account.damage, damage = account.damage or damage or None, ""


def _packets(container: Any, stream: Any, account: StreamAccount) -> Iterator[Any]:
    """The packets of a track; where reading fails, it is tried again from there."""
    failures = 0
    while True:
        try:
            for packet in container.demux(stream):
                yield packet
                failures = 0
            return
        except av.error.FFmpegError as error:
            account.damage = account.damage or in_one_line(error)
            failures += 1
            if failures > _MOST_FAILURES:
                return


def _time_s(packet_or_frame: Any) -> float:
    if packet_or_frame.pts is None:
        return 0.0
    return float(packet_or_frame.pts * packet_or_frame.time_base)


def _picture_starts_s(container: Any) -> list[float]:
    return [
        float(video.start_time * video.time_base)
        for video in container.streams.video
        if video.start_time is not None and not getattr(video, "disposition", 0) & _ATTACHED_PICTURE
    ]
