"""How much sound a file says that it holds, so that one which ends early is not taken for whole.

Only what an encoder wrote down when it was done counts. Lengths that a decoder has guessed from the size of the file,
and those that stand in a file written to a pipe, where nobody knew the end, say nothing.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any, BinaryIO

TOLERANCE_S = 0.5  # encoders count their delay and their last block in different ways

_UNKNOWN_BYTES = (
    0x7FFF0000  # from here on, programs that write to a pipe put their "unknown": 2^31 - something, 2^32 - 1
)
_CORRECTED = re.compile(r": *(\d+) \(should be (\d+)\)")  # libsndfile's log: a chunk's length is not that of the file
_OGG_LONGEST_PAGE_BYTES = 65_307
_OGG_LAST_PAGE = 4
_COUNT_THEIR_SAMPLES = {"mov,mp4,m4a,3gp,3g2,mj2", "asf", "matroska,webm"}

_log = logging.getLogger(__name__)


def warn_of_end(
    path: Path, seconds: float, claimed_s: float | None, *, cut: bool = False, damage: str | None = None
) -> None:
    """Log that a file gave less sound than it claims, or is damaged from there on; nothing if it is whole.

    cut: it is known to end early even if it does not claim a length.
    """
    missing = claimed_s is not None and seconds < claimed_s - TOLERANCE_S
    if not (missing or cut or damage):
        return
    undecided = "ends early" if cut else "ends early or is damaged"
    what = f"is damaged ({damage})" if damage else undecided
    _log.warning("%s %s: %.1f s%s could be read", path, what, seconds, f" of {claimed_s:.1f} s" if missing else "")


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


def lacks_last_page(ogg: BinaryIO) -> bool:
    """Whether an Ogg file does not end with a page that says that it is the last."""
    size = ogg.seek(0, os.SEEK_END)
    ogg.seek(max(0, size - _OGG_LONGEST_PAGE_BYTES))
    page = ogg.read().rpartition(b"OggS")[2]
    return len(page) < 2 or not page[1] & _OGG_LAST_PAGE
