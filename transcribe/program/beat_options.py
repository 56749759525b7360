"""The options that tell what is known of a recording's beats: --tempo, --metre and --beats."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.rhythm.metres import SIGNATURES, known_metre

if TYPE_CHECKING:
    from mp3tomidi.transcribe.rhythm.beat_files import LabelledBeats

_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


def add_beat_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tempo",
        type=_tempo,
        metavar="BPM",
        help="beats per minute, of what was played to a click; or between which they are, as 90-140; auto (the "
        "default) finds them, too",
    )
    parser.add_argument(
        "--metre",
        type=_metre,
        metavar="N/M",
        help=f"the time signature, one of {', '.join(SIGNATURES)}; auto (the default) finds it",
    )
    parser.add_argument(
        "--beats",
        type=_beats,
        metavar="FILE",
        help="the beats of a recording, found otherwise: a time in seconds a line and, perhaps, its number in the bar, "
        "as beat_this and madmom write them",
    )


def check_beat_options(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """See that what is known of beats is known of one recording, and in one way. Ends in SystemExit if not."""
    if options.beats is None:
        return
    if options.tempo is not None or options.metre is not None:
        parser.error("--beats says all of tempo and metre; leave --tempo and --metre out")
    if len(options.files) > 1 or options.files[0].is_dir():
        parser.error("--beats is for one recording")


def _beats(text: str) -> LabelledBeats:
    from mp3tomidi.transcribe.errors import LabelsError
    from mp3tomidi.transcribe.rhythm.beat_files import read_beats

    try:
        return read_beats(text)
    except LabelsError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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
