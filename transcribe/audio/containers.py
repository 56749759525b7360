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
from mp3tomidi.transcribe.audio.claims import claimed_by_container, warn_of_end
from mp3tomidi.transcribe.errors import AudioError

_WMA = ("wmav1", "wmav2")
# Samples of delay where the container does not give it.
_DELAYS = {"mp3": MP3_DELAY, "mp3float": MP3_DELAY, "mp2": MP2_DELAY, "mp2float": MP2_DELAY, "ac3": 256, "eac3": 256}
_ATTACHED_PICTURE = 0x400  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC: a cover, not a film

_SMALLEST_GAP_S = 0.02  # time stamps are rounded to as little as 1 ms, and wander by a few
_LONGEST_GAPS_S = 600.0  # all gaps of a file together; a file with more has wrong time stamps


def decode_container(file: BinaryIO, path: Path) -> Iterator[Chunk]:
    """Chunks of the best sound track in `file`; `path` is for messages. Raises AudioError if there is none."""
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
        seconds, damage = 0.0, None
        try:
            for rate, samples in _decode_track(container, stream):
                seconds += samples.shape[1] / rate
                yield rate, samples
        except av.error.FFmpegError as error:
            damage = in_one_line(error)
        if seconds:
            claimed_s = claimed_by_container(container, stream)
            warn_of_end(path, seconds, claimed_s, damage=damage)


def _decode_track(container: Any, stream: Any) -> Iterator[Chunk]:
    """A sound track of an open container, with silence where it begins after the picture or has a gap."""
    codec = stream.codec_context.name
    wma_by_ffmpeg = codec in _WMA and container.metadata.get("encoder", "").startswith("Lavf")
    if wma_by_ffmpeg:
        # FFmpeg's decoder drops two frames, as many as Microsoft's encoder adds, but FFmpeg's own encoder adds one.
        stream.codec_context.options = {"flags2": "+skip_manual"}
    frames = _frames(container, stream)
    packet_s, first = next(frames, (0.0, None))
    if first is None:
        return
    rate, layout = first.sample_rate, first.layout
    skip = 0
    if not _time_s(first) > packet_s:  # if it is, the container gave the delay and FFmpeg took it away
        # For AAC one frame is the least there can be, and what FFmpeg adds; other encoders add up to twice that.
        skip = first.samples if codec == "aac" or wma_by_ffmpeg else _DELAYS.get(codec, 0)
    due_s = min([_time_s(first), *(start_s - skip / rate for start_s in _picture_starts_s(container))])
    gaps_left_s = _LONGEST_GAPS_S
    converter: Any = None
    converts_from: tuple[int, str, str] | None = None
    for _, frame in chain([(packet_s, first)], frames):
        gap_s = _time_s(frame) - due_s
        if _SMALLEST_GAP_S < gap_s <= gaps_left_s:
            gaps_left_s -= gap_s
            for at in range(0, round(gap_s * rate), rate):
                yield rate, np.zeros((len(layout.channels), min(rate, round(gap_s * rate) - at)), np.float32)
        due_s = _time_s(frame) + frame.samples / frame.sample_rate
        if (now := (frame.sample_rate, frame.layout.name, frame.format.name)) != converts_from:
            converts_from = now
            converter = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        for converted in converter.resample(frame):
            yield rate, converted.to_ndarray()[:, skip:]
            skip = max(0, skip - converted.samples)


def _frames(container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    """Yields the time of the track's first packet in seconds, with each frame; skips packets that are damaged."""
    first_packet_s: float | None = None
    for packet in container.demux(stream):
        if first_packet_s is None:
            first_packet_s = _time_s(packet)
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            yield first_packet_s, frame


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
