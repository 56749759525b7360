"""mp3tomidi-augment: makes what networks are taught with. Thin; the work is in the modules."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mp3tomidi.augment.variants.command import add_commands
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.interruption import end_process_on
from mp3tomidi.transcribe.program.console import DONE, FAILED, INTERRUPTED
from mp3tomidi.transcribe.program.parser import Parser


def main(arguments: Sequence[str] | None = None, *, open_dataset: Callable[[str, Path], Path] | None = None) -> int:
    """open_dataset: makes a folder of the data set that `apply --dataset` asks for, given its name and OUT."""
    if arguments is None:
        end_process_on(signal.SIGTERM)  # so that nothing half-written stays behind
    options = _parser().parse_args(arguments)
    options.open_dataset = open_dataset
    try:
        status: int | None = options.command(options)
    except Mp3toMidiError as error:
        print(f"mp3tomidi-augment: {error}", file=sys.stderr)
        return FAILED
    except ModuleNotFoundError as error:
        print(f"mp3tomidi-augment: {error.name} is missing: {install_command('mp3tomidi[train]')}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # whoever reads the list has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print("mp3tomidi-augment: stopped; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    return status or DONE


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def build_bank(options: argparse.Namespace) -> None:
    from mp3tomidi.augment.banks import building
    from mp3tomidi.augment.sources.discovery import open_source
    from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE

    rate = options.rate or DEFAULT_SAMPLE_RATE
    source = open_source(options.kind, options.data, _tell, rate)
    report = building.build(source, options.out, _tell, rate)
    print(
        f"{options.out}: {report.instruments} instruments, {report.notes} notes, {report.phrases} phrases, "
        f"{report.seconds / 3600:.2f} h"
    )
    for reason, count in report.counts.items():
        print(f"  {count:6d} {reason}")


def build_grooves(options: argparse.Namespace) -> None:
    from mp3tomidi.augment.music import mma_grooves as grooves

    played = grooves.build(options.banks, _tell)
    print(f"{options.banks}: {len(played.songs)} grooves, {len(played.notes)} notes, {len(played.parts)} parts")


def build_scores(options: argparse.Namespace) -> None:
    from mp3tomidi.augment.music import scores

    read = scores.build(options.data, options.banks, _tell)
    print(f"{options.banks}: {len(read.songs)} scores, {len(read.notes)} notes, {len(read.parts)} parts")


class _Parser(Parser):
    describe: Callable[[], str] | None = None  # makes a description that takes time, only when help is asked for

    def format_help(self) -> str:
        if self.describe is not None:
            self.description = self.describe()
        return super().format_help()


def _about_banks() -> str:
    from mp3tomidi.augment.sources.discovery import bank_kinds

    kinds = "\n".join(f"  {kind.name:11s}{kind.about}" for kind in bank_kinds().values())
    return f"Render the notes of a source into the bank OUT; stopped, it goes on where it was.\n\n{kinds}"


def _sample_rate(text: str) -> int:
    lowest, highest = 8000, 96_000
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise argparse.ArgumentTypeError(f"{text}: give a sample rate in Hz, from {lowest} to {highest}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    from mp3tomidi.augment.pictures import command as look
    from mp3tomidi.augment.rendering import command as render
    from mp3tomidi.augment.tracker import command as tracker

    parser = _Parser(prog="mp3tomidi-augment", description="Makes labelled sound to teach with.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    bank = commands.add_parser(
        "bank",
        help="render the notes of a source once and keep them",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    bank.describe = _about_banks
    bank.add_argument("kind", metavar="KIND", help="one of the above")
    bank.add_argument("out", type=Path, metavar="OUT", help="folder of the bank")
    bank.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds the source")
    bank.add_argument(
        "--rate",
        type=_sample_rate,
        metavar="HZ",
        help="sample rate of the bank, that of the network it is for (16000; 32000 for banks of DrumNet)",
    )
    bank.set_defaults(command=build_bank)
    look.add_command(commands)
    render.add_command(commands)
    tracker.add_command(commands)
    grooves = commands.add_parser(
        "grooves",
        help="let mma play its grooves, for bands to play",
        description="Let the program mma (Debian: apt install mma) play each of its grooves to a chord chart; what it "
        "played is kept in the folder of banks (about five minutes).",
    )
    grooves.add_argument("banks", type=Path, metavar="BANKS", help="folder of the banks")
    grooves.set_defaults(command=build_grooves)
    scores = commands.add_parser(
        "scores",
        help="read songs and lead sheets in MusicXML, for singers, pianos and bands to play",
        description="Read the songs of DATA/scores/lieder and let the program mma play bands to the lead sheets of "
        "DATA/scores/openewld (.mxl, OpenScore's and OpenEWLD's); the songs are kept in the folder of banks.",
    )
    scores.add_argument("banks", type=Path, metavar="BANKS", help="folder of the banks")
    scores.add_argument("--data", type=Path, required=True, metavar="DATA", help="folder that holds scores/")
    scores.set_defaults(command=build_scores)
    add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
