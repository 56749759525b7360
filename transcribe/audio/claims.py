"""Compares the length that a file states with what could be decoded, to find damaged files.

Only what an encoder wrote down when it was done counts. Lengths that a decoder has guessed from the size of the file,
and those that stand in a file written to a pipe, where nobody knew the end, say nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

TOLERANCE_S = 0.5  # encoders count their delay and their last block in different ways

_UNKNOWN_BYTES = (
    0x7FFF0000  # from here on, programs that write to a pipe put their "unknown": 2^31 - something, 2^32 - 1
)
_CORRECTED = re.compile(r": *(\d+) \(should be (\d+)\)")  # libsndfile's log: a chunk's length is not that of the file
_COUNT_THEIR_SAMPLES = {"mov,mp4,m4a,3gp,3g2,mj2", "asf", "matroska,webm"}

_log = logging.getLogger(__name__)


@dataclass
class StreamAccount:
    """What came of one stream of sound in a file.

    seconds: how much it gave, with the silence that stands for what is lost.
    claimed_s: how much there should be, if the file says so.
    cut: whether it is known to end early, claim or not.
    damage: what the decoder says is wrong, in brackets.
    silent: what is lost before the end: where, and for how long, in seconds.
    """

    seconds: float = 0.0
    claimed_s: float | None = None
    cut: bool = False
    damage: str | None = None
    silent: list[tuple[float, float]] = field(default_factory=list)

    @property
    def ends_early(self) -> bool:
        return self.claimed_s is not None and self.seconds < self.claimed_s - TOLERANCE_S

    @property
    def lacks_nothing(self) -> bool:
        """Whether all that is claimed was read: a decoder that complains then does so of what follows."""
        return self.claimed_s is not None and not (self.ends_early or self.cut or self.silent)


def warn_of_losses(path: Path, streams: Sequence[StreamAccount]) -> None:
    """Log in one line that a file gave less sound than it should, or is several in one; nothing if all is well."""
    seconds = sum(stream.seconds for stream in streams)
    parts = []
    if len(streams) > 1:
        parts.append(f"is {len(streams)} recordings joined: they follow one another, {seconds:.1f} s in all")
    if lacking := [stream for stream in streams if _lacks_something(stream)]:
        parts.append(_losses(streams, lacking))
    if parts:
        _log.warning("%s %s", path, "; it ".join(parts))


def _lacks_something(stream: StreamAccount) -> bool:
    return not stream.lacks_nothing and bool(stream.ends_early or stream.cut or stream.damage or stream.silent)


def _losses(streams: Sequence[StreamAccount], lacking: Sequence[StreamAccount]) -> str:
    damage = next((stream.damage for stream in lacking if stream.damage), None)
    silent = _silent_in_all(streams)
    if damage or silent:
        what = "is damaged" + (f" ({damage})" if damage else "")
    else:
        what = "ends early" if any(stream.cut for stream in lacking) else "ends early or is damaged"
    silent_s = sum(for_s for _, for_s in silent)
    seconds = sum(stream.seconds for stream in streams)
    claimed_s = sum(stream.claimed_s or 0 if stream.ends_early else stream.seconds for stream in streams)
    of = f" of {claimed_s:.1f} s" if claimed_s > seconds - silent_s else ""
    return f"{what}: {seconds - silent_s:.1f} s{of} could be read{_where(silent)}"


def _silent_in_all(streams: Sequence[StreamAccount]) -> list[tuple[float, float]]:
    ends_s = accumulate(stream.seconds for stream in streams)
    return [
        (end_s - stream.seconds + at_s, for_s)
        for end_s, stream in zip(ends_s, streams, strict=True)
        for at_s, for_s in stream.silent
    ]


def _where(silent: Sequence[tuple[float, float]]) -> str:
    if not silent:
        return ""
    (first_s, _), *others = silent
    places = f"in {len(silent)} places from {first_s:.1f} s on" if others else f"at {first_s:.1f} s"
    lost_s = sum(for_s for _, for_s in silent)
    return f", {f'{lost_s:.1f}' if lost_s >= 0.05 else 'less than 0.1'} s {places} are lost"


def claimed_by_soundfile(sound: Any, *, counted: bool) -> float | None:
    """The length in seconds that an open soundfile.SoundFile claims; None if it claims none.

    counted: whether an mp3 holds a count of its frames; without one libsndfile guesses.
    """
    frames: int = sound.frames
    if sound.format in ("FLAC", "MP3"):
        known = counted if sound.format == "MP3" else 0 < frames < 1 << 36
        return frames / int(sound.samplerate) if known else None
    for match in _CORRECTED.finditer(sound.extra_info):
        claimed, there = int(match[1]), int(match[2])
        if 0 < there < claimed < _UNKNOWN_BYTES:
            return frames / int(sound.samplerate) * claimed / there
    return None


def claimed_by_container(container: Any, stream: Any) -> float | None:
    """The length in seconds of a track that an open PyAV container claims; None if it claims none."""
    if container.format.name not in _COUNT_THEIR_SAMPLES:
        return None
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is not None and len(container.streams) == 1:  # otherwise it is that of the longest track
        return float(container.duration / 1_000_000)
    return None
