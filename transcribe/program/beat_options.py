"""The options that tell what is known of a recording's beats: --tempo and --metre."""

from __future__ import annotations

import argparse
import re

from mp3tomidi.transcribe.rhythm.metres import SIGNATURES, known_metre

_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


def add_beat_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tempo",
        type=_tempo,
        metavar="BPM",
        help="beats per minute, of what was played to a click; or between which they are, as 90-140; auto (unless told "
        "otherwise) finds them, too",
    )
    parser.add_argument(
        "--metre",
        type=_metre,
        metavar="N/M",
        help=f"the time signature, one of {', '.join(SIGNATURES)}; auto (unless told otherwise) finds it",
    )


def _tempo(text: str) -> float | tuple[float, float] | None:
    if text == "auto":
        return None
    from mp3tomidi.transcribe.events import FASTEST_BEATS_PER_MINUTE, SLOWEST_BEATS_PER_MINUTE

    limits = _RANGE.fullmatch(text)
    try:
        low, high = (float(limits[1]), float(limits[2])) if limits else (float(text), float(text))
    except ValueError:
        low = high = 0.0
    if not SLOWEST_BEATS_PER_MINUTE <= low <= high <= FASTEST_BEATS_PER_MINUTE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither auto, nor a number from {SLOWEST_BEATS_PER_MINUTE:g} to "
            f"{FASTEST_BEATS_PER_MINUTE:g}, nor two of them, rising, as 90-140"
        )
    return (low, high) if limits else low


def _metre(text: str) -> str | None:
    try:
        return known_metre(None if text == "auto" else text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
