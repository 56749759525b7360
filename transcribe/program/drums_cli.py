"""The command `mp3tomidi-drums`: recordings in, their drums out. All the work is in the API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.outputs.formats import FORMATS
from mp3tomidi.transcribe.program.options import add_options, run_command
from mp3tomidi.transcribe.program.parser import Parser

if TYPE_CHECKING:
    from mp3tomidi.transcribe.program.worker import Request

PROGRAM = "mp3tomidi-drums"
ONE_SHOTS = "--one-shots"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; wrong usage ends in SystemExit, as is argparse's way."""
    words = sys.argv[1:] if argv is None else list(argv)
    if ONE_SHOTS in words:
        from mp3tomidi.transcribe.program import one_shots

        return one_shots.main(PROGRAM, [word for word in words if word != ONE_SHOTS])
    return run_command(PROGRAM, _parser, _request, argv)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Write the drums of songs or of drum tracks as MIDI files: which piece is struck when, and how "
        "hard. Results are named as those of mp3tomidi, which holds the drums too; neither command replaces what the "
        "other has written unless --overwrite says so.",
    )
    add_options(parser, [format for format in FORMATS.values() if not format.of_notes])
    parser.add_argument(
        ONE_SHOTS,
        action="store_true",
        help="instead, say which drum each sample of a folder is: samples of single strokes, whose own options "
        f"{PROGRAM} {ONE_SHOTS} --help lists",
    )
    parser.set_defaults(only="drums")
    return parser


def _request(_: argparse.ArgumentParser, options: argparse.Namespace) -> Request:
    from mp3tomidi.transcribe.program.worker import Request

    return Request(
        formats=options.format,
        only=options.only,
        device=options.device,
        soundfont=options.soundfont,
        beats_per_minute=options.tempo,
        align=options.align,
        metre=options.metre,
        beats=options.beats,
    )


if __name__ == "__main__":
    sys.exit(main())
