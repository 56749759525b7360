"""The command `mp3tomidi`: recordings in, MIDI files out. All the work is in the API.

Exit status: 0 all is done, 1 something failed, 2 wrong usage, 130 interrupted. Messages go to standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.transcribe.errors import Mp3toMidiError, OutputError
from mp3tomidi.transcribe.outputs.formats import FORMATS, MIDI, Format, Result, beside, check, named, of_file, write

if TYPE_CHECKING:
    from mp3tomidi.transcribe import Transcriber, Transcription
    from mp3tomidi.transcribe.batch import Job, Plan

PROGRAM = "mp3tomidi"
STANDARD_OUTPUT = Path("-")
INTERRUPTED = 130  # what shells report for a program that Ctrl-C has ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; wrong usage ends in SystemExit, as is argparse's way."""
    try:
        parser = _parser()
        options = parser.parse_args(argv)
        _choose_formats(parser, options)
        if _names_a_file(options.output) and (len(options.files) > 1 or _is_folder(options.files[0])):
            parser.error(f"-o {options.output} takes one recording; name a folder for several")
        return _run(options)
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted; what was finished is kept", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Turn recordings into MIDI files: notes with their time, length and loudness.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a recording, or a folder, searched with its sub-folders",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="a file if it ends like one of the formats, standard output if it is -, else a folder, which is "
        "created; without it each result lies beside its recording",
    )
    parser.add_argument(
        "--format",
        type=_formats,
        metavar="LIST",
        help="what to write: one or more of "
        + ", ".join(f"{format.name} ({format.contents})" for format in FORMATS.values())
        + "; with commas between them (mid, or what -o ends in)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace results that exist already")
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
    parser.add_argument("--device", help="where to compute: cpu (unless told otherwise), cuda or cuda:1")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    return parser


class _Version(argparse.Action):
    """Like argparse's own, but looks the version up only when asked, because that takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"{PROGRAM} {version('mp3tomidi')}")
        parser.exit()


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _formats(text: str) -> tuple[Format, ...]:
    try:
        return named(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _choose_formats(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Settle `options.format`, and see that it suits the output."""
    output: Path | None = options.output
    by_suffix = of_file(output) if output is not None else None
    if options.format is None:
        options.format = (by_suffix or MIDI,)
    if output == STANDARD_OUTPUT and (len(options.format) > 1 or not options.format[0].streams):
        parser.error("standard output takes one result, and one that is neither npz nor a picture or sound")
    if by_suffix is not None and by_suffix not in options.format:
        parser.error(f"-o {output} is none of the formats asked for; name a folder, or another suffix")


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  (Path.is_dir raises where a name is too long)


def _names_a_file(output: Path | None) -> bool:
    return output is not None and (output == STANDARD_OUTPUT or of_file(output) is not None)


@dataclass(slots=True)
class _Console:
    quiet: bool

    def say(self, message: str) -> None:
        if not self.quiet:
            self.complain(message)

    def complain(self, message: str) -> None:
        one_line = message.replace("\n", " ")
        print(f"{PROGRAM}: {one_line}", file=sys.stderr, flush=True)


def _run(options: argparse.Namespace) -> int:
    console = _Console(options.quiet)
    plan = _plan(options)
    for remark in plan.remarks:
        console.say(remark)
    for failure in plan.failures:
        console.complain(failure.reason)
    failed = [failure.source for failure in plan.failures]
    if plan.jobs:
        try:
            if options.output is not None and not _names_a_file(options.output):
                _make_folder(options.output)
            check(options.format)
            transcriber = _load(options)
        except Exception as error:
            console.complain(_reason(error))
            return 1
        failed += _transcribe_all(plan.jobs, transcriber, options.format, console)
    total = len(plan.jobs) + len(plan.failures)
    if failed and total > 1:
        console.complain(f"{len(failed)} of {total} failed:")
        for path in failed:
            console.complain(f"    {path}")
    return 1 if failed else 0


def _plan(options: argparse.Namespace) -> Plan:
    from mp3tomidi.transcribe import batch

    output: Path | None = options.output
    if output == STANDARD_OUTPUT:
        return batch.plan_file(options.files[0], None, overwrite=options.overwrite)
    if output is not None and (first := of_file(output)) is not None:
        options.format = (first, *(format for format in options.format if format is not first))
        others = beside(output, options.format[1:])
        return batch.plan_file(options.files[0], output, overwrite=options.overwrite, others=others)
    return batch.plan(options.files, output, overwrite=options.overwrite, formats=options.format)


def _load(options: argparse.Namespace) -> Transcriber:
    with _library_output_on_stderr():
        from mp3tomidi.transcribe import Thresholds, Transcriber

        thresholds = Thresholds(**_given(onset=options.onset_threshold, frame=options.frame_threshold))
        return Transcriber(thresholds=thresholds, **_given(device=options.device))


def _given(**options: Any) -> dict[str, Any]:
    """The options that were given; for the others the API's defaults count, which stand in one place only."""
    return {name: value for name, value in options.items() if value is not None}


def _transcribe_all(
    jobs: Sequence[Job], transcriber: Transcriber, formats: Sequence[Format], console: _Console
) -> list[Path]:
    """Do every job, whatever becomes of the others, and return the recordings that failed."""
    failed = []
    for number, job in enumerate(jobs, start=1):
        started_s = time.monotonic()
        try:
            transcription = _transcribe(job, transcriber, formats)
        except Exception as error:
            failed.append(job.source)
            reason = _reason(error)
            console.complain(reason if isinstance(error, Mp3toMidiError) else f"{job.source}: {reason}")
        else:
            place = f"[{number}/{len(jobs)}] " if len(jobs) > 1 else ""
            target = ", ".join(map(str, job.targets)) or "standard output"
            took_s = time.monotonic() - started_s
            found = _describe(transcription)
            console.say(
                f"{place}{job.source} -> {target}: {found} in {transcription.duration_s:.1f} s of sound, "
                f"took {took_s:.1f} s"
            )
    return failed


def _transcribe(job: Job, transcriber: Transcriber, formats: Sequence[Format]) -> Transcription:
    with _library_output_on_stderr():
        heard = None
        if any(format.needs_heard for format in formats):
            heard = transcriber.hear(job.source)
            transcription = transcriber.decide(heard, transcriber.thresholds)
        else:
            transcription = transcriber.transcribe(job.source)
        result = Result(job.source, transcription, heard)
    if job.target is None:
        try:
            write(result, formats, [sys.stdout.buffer])
        except OutputError:
            _forget_standard_output()
            raise
    else:
        _make_folder(job.target.parent)
        with _library_output_on_stderr():
            write(result, formats, job.targets)
    return transcription


def _forget_standard_output() -> None:
    """Let nothing that could not be written be tried again, and complained of, when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _make_folder(folder: Path) -> None:
    from mp3tomidi.transcribe.outputs.files import make_folder

    make_folder(folder)


def _describe(transcription: Transcription) -> str:
    counts = [
        f"{len(events)} {name if len(events) != 1 else name[:-1]}"
        for name, events in (("notes", transcription.notes), ("drum hits", transcription.drum_hits))
        if events
    ]
    return " and ".join(counts) or "no notes"


def _reason(error: Exception) -> str:
    """One line for an error: its own words if it is ours, else what is needed to find the fault."""
    if isinstance(error, Mp3toMidiError):
        return str(error)
    innermost = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"unexpected {type(error).__name__}: {error} "
        f"({Path(innermost.filename).name}, line {innermost.lineno}); please report this"
    )


def _library_output_on_stderr() -> contextlib.redirect_stdout[Any]:
    """What libraries print would spoil a MIDI file on standard output."""
    return contextlib.redirect_stdout(sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
