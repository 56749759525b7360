"""The command `mp3tomidi`: recordings in, MIDI files out. All the work is in the API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.instruments import FAMILIES, PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH, families_named
from mp3tomidi.transcribe.nearest import did_you_mean
from mp3tomidi.transcribe.networks.model_names import MODELS
from mp3tomidi.transcribe.notes.thresholds import Thresholds
from mp3tomidi.transcribe.outputs.formats import BEND_MODES, FORMATS, PLAIN, Format
from mp3tomidi.transcribe.pitches import midi_pitch
from mp3tomidi.transcribe.program.numbers import number
from mp3tomidi.transcribe.program.options import add_options, run_command
from mp3tomidi.transcribe.program.parser import Parser

if TYPE_CHECKING:
    from mp3tomidi.transcribe.program.worker import Request

PROGRAM = "mp3tomidi"
_OF_NOTES = (
    "onset_threshold",
    "frame_threshold",
    "min_length",
    "min_pitch",
    "max_pitch",
    "model",
    "instruments",
    "single_track",
    "melody",
    "effects",
    "bends",
    "no_pedal",
)
_MIN_LENGTH = number(0.0, 60.0, "a time from 0 to 60 seconds")
_PROBABILITY = number(0.0, 1.0, "a number from 0 to 1")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; wrong usage ends in SystemExit, as is argparse's way."""
    return run_command(PROGRAM, _parser, _request, _with_bends_named(sys.argv[1:] if argv is None else argv))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Turn recordings into MIDI files: notes with their time, length and loudness, and drum hits.",
        epilog="mp3tomidi serve opens a page that does the same, and plays and mends it; mp3tomidi serve --help",
    )
    add_options(parser, list(FORMATS.values()))
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--only", choices=("notes", "drums"), help="transcribe nothing else")
    what.add_argument(
        "--no-drums", dest="only", action="store_const", const="notes", help="leave the drums out: --only notes"
    )
    _add_note_limits(parser)
    _add_refinements(parser)
    return parser


def _add_note_limits(parser: argparse.ArgumentParser) -> None:
    """Thresholds, and bounds of length and pitch."""
    usual = Thresholds()
    parser.add_argument(
        "--onset-threshold",
        type=_PROBABILITY,
        metavar="P",
        help="keep what is at least this likely to be a note, 0 to 1, instead of choosing for each minute "
        "what makes the most of it; lower finds more notes",
    )
    parser.add_argument(
        "--frame-threshold",
        type=_PROBABILITY,
        metavar="P",
        help=f"how sure to be that a note still sounds, 0 to 1 ({usual.frame:g}); lower makes longer notes, but not of "
        "a voice alone",
    )
    parser.add_argument(
        "--min-length",
        type=_MIN_LENGTH,
        metavar="SECONDS",
        help=f"leave out notes that are shorter than this ({usual.min_length_s:g})",
    )
    parser.add_argument(
        "--min-pitch",
        type=_pitch,
        metavar="PITCH",
        help="leave out notes below this: a MIDI number, or a name such as C2",
    )
    parser.add_argument("--max-pitch", type=_pitch, metavar="PITCH", help="leave out notes above this")


def _add_refinements(parser: argparse.ArgumentParser) -> None:
    """The network, and what is found out about notes beside their pitch and time."""
    parser.add_argument(
        "--model",
        choices=MODELS,
        help="fast (the default), or best, which finds more of the notes in two to three times the time",
    )
    parser.add_argument(
        "--instruments",
        type=_instruments,
        metavar="LIST",
        help=f"who may be playing, so that no note goes to others: {', '.join(FAMILIES)}, with commas between them",
    )
    parser.add_argument(
        "--single-track", action="store_true", default=None, help="all notes on one track, of what plays most"
    )
    parser.add_argument(
        "--melody", action="store_true", default=None, help="find the lead line, and give it a track of its own"
    )
    parser.add_argument(
        "--effects",
        action="store_true",
        default=None,
        help="estimate reverb, chorus and filter, and write them as controls 91, 93 and 74 of the tracks",
    )
    parser.add_argument(
        "--bends",
        nargs="?",
        const=PLAIN,
        type=_bends,
        metavar="|".join(BEND_MODES),
        help="follow voices, strings, winds and guitars between keys, and write pitch bend: plain (the "
        "default), for notes that sound alone on their track, or mpe, for all, each on a channel of its own",
    )
    parser.add_argument(
        "--no-pedal",
        action="store_true",
        default=None,
        help="leave out the sustain pedal (control 64), which is detected where a piano plays alone",
    )


def _request(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Request:
    from mp3tomidi.transcribe.program.worker import Request

    of_notes = [name for name in _OF_NOTES if getattr(options, name) is not None]
    if options.only == "drums" and of_notes:
        parser.error(f"--{of_notes[0].replace('_', '-')} is for notes")
    if options.effects:
        _refuse_without_place(parser, options, "--effects", [one for one in FORMATS.values() if one.of_effects])
    if options.bends:
        _refuse_without_place(parser, options, "--bends", [one for one in FORMATS.values() if one.of_bends])
    low, high = options.min_pitch, options.max_pitch
    if low is not None and high is not None and low > high:
        parser.error(f"--min-pitch {low} is above --max-pitch {high}")
    if (low or 0) > PIANO_HIGHEST_PITCH or (high is not None and high < PIANO_LOWEST_PITCH):
        keys = f"{PIANO_LOWEST_PITCH} to {PIANO_HIGHEST_PITCH}"
        parser.error(f"--min-pitch and --max-pitch leave nothing: only the keys of a piano, {keys}, are looked for")
    return Request(
        formats=options.format,
        only=options.only,
        onset_threshold=options.onset_threshold,
        frame_threshold=options.frame_threshold,
        min_length_s=options.min_length,
        min_pitch=low,
        max_pitch=high,
        device=options.device,
        soundfont=options.soundfont,
        beats_per_minute=options.tempo,
        model=options.model,
        instruments=options.instruments,
        single_track=options.single_track,
        melody=options.melody,
        bends=options.bends,
        pedal=False if options.no_pedal else None,
        align=options.align,
        metre=options.metre,
        beats=options.beats,
        effects=options.effects,
    )


def _refuse_without_place(
    parser: argparse.ArgumentParser, options: argparse.Namespace, option: str, holding: Sequence[Format]
) -> None:
    """Wrong usage where none of the formats asked for is one of those that hold what an option finds."""
    asked = {*options.format, *options.missing}
    if options.parquet or asked.isdisjoint(holding):
        *names, last = (format.name for format in holding)
        parser.error(f"{option} is written to {', '.join(names)} and {last} only: --format asks for none of these")


def _bends(text: str) -> str:
    if text.lower() in BEND_MODES:
        return text.lower()
    guess = did_you_mean(text, BEND_MODES)
    raise argparse.ArgumentTypeError(f"{text!r} is no way to bend notes{guess} there are {' and '.join(BEND_MODES)}")


def _with_bends_named(argv: Sequence[str]) -> list[str]:
    """The arguments, with a mode after a --bends that a recording follows, which argparse would take for one."""
    named: list[str] = []
    for index, word in enumerate(argv):
        named.append(word)
        after = argv[index + 1] if index + 1 < len(argv) else ""
        if word == "--bends" and (after == "-" or Path(after).exists()):
            named.append(PLAIN)
    return named


def _instruments(text: str) -> tuple[str, ...]:
    try:
        return families_named(text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _pitch(text: str) -> int:
    try:
        return midi_pitch(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
