"""The command `mp3tomidi`: recordings in, MIDI files out. All the work is in the API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.outputs.formats import FORMATS
from mp3tomidi.transcribe.program.options import Parser, add_options, run_command

if TYPE_CHECKING:
    from mp3tomidi.transcribe.program.worker import Wishes

PROGRAM = "mp3tomidi"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; wrong usage ends in SystemExit, as is argparse's way."""
    return run_command(PROGRAM, _parser, _wishes, argv)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Turn recordings into MIDI files: notes with their time, length and loudness, and drum hits.",
    )
    add_options(parser, list(FORMATS.values()))
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--only", choices=("notes", "drums"), help="listen for nothing else")
    what.add_argument(
        "--no-drums", dest="only", action="store_const", const="notes", help="leave the drums out: --only notes"
    )
    parser.add_argument(
        "--onset-threshold",
        type=_probability,
        metavar="P",
        help="keep what is at least this likely to be a note, 0 to 1, instead of choosing for each minute "
        "what makes the most of it; lower finds more notes",
    )
    parser.add_argument(
        "--frame-threshold",
        type=_probability,
        metavar="P",
        help="how sure to be that a note still sounds, 0 to 1 (0.35); lower makes longer notes",
    )
    return parser


def _wishes(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Wishes:
    from mp3tomidi.transcribe.program.worker import Wishes

    if options.only == "drums" and (options.onset_threshold, options.frame_threshold) != (None, None):
        parser.error("--onset-threshold and --frame-threshold are for notes")
    return Wishes(
        options.format,
        options.only,
        options.onset_threshold,
        options.frame_threshold,
        options.device,
        options.soundfont,
        options.tempo,
    )


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
