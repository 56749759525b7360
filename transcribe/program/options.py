"""Options that the commands share, on files, formats and work, and the run that follows from them.

Exit status: 0 all is done, 1 something failed, 2 wrong usage, 130 interrupted. Messages go to standard error.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.interruption import cleanup_on_signal
from mp3tomidi.transcribe.outputs.formats import (
    FORMATS,
    MIDI,
    MIX,
    PICTURE,
    SOUND,
    Format,
    beside,
    missing,
    named,
    of_file,
)
from mp3tomidi.transcribe.program.beat_options import add_beat_options, check_beat_options
from mp3tomidi.transcribe.program.console import FAILED, INTERRUPTED, Console
from mp3tomidi.transcribe.program.corpus_files import is_url
from mp3tomidi.transcribe.program.numbers import positive
from mp3tomidi.transcribe.program.standard_input import STANDARD_INPUT

if TYPE_CHECKING:
    from mp3tomidi.transcribe.program.batch import Plan
    from mp3tomidi.transcribe.program.worker import Request

STANDARD_OUTPUT = Path("-")


def run_command(
    program: str,
    make_parser: Callable[[], argparse.ArgumentParser],
    request: Callable[[argparse.ArgumentParser, argparse.Namespace], Request],
    argv: Sequence[str] | None,
) -> int:
    """Run a command and return its exit status; wrong usage ends in SystemExit, as is argparse's way.

    make_parser: its options are those of `add_options` and the command's own; `only` must be among them.
    request: what these options ask for; `format` is settled by then.
    """

    def say_that_nothing_was_begun() -> None:
        Console(program, quiet=False).complain("interrupted; nothing was begun")

    try:
        with cleanup_on_signal(say_that_nothing_was_begun):
            parser = make_parser()
            options = parser.parse_args(argv)
            planned = (_planned if options.ray is None else _planned_on_ray)(parser, options, request)
        return _with_what_is_missing(planned(), options, Console(program, options.quiet))
    except KeyboardInterrupt:
        say_that_nothing_was_begun()
        return INTERRUPTED


def add_options(parser: argparse.ArgumentParser, formats: Sequence[Format]) -> None:
    """The options of every command that turns recordings into results of these formats."""
    parser.add_argument(
        "files",
        nargs="+",
        type=_source,
        metavar="FILE",
        help="a recording, or a folder, searched with its sub-folders; - is standard input",
    )
    _add_outputs(parser, formats)
    _add_ways_of_working(parser)
    add_beat_options(parser)
    parser.add_argument(
        "--align",
        action="store_true",
        help="move all events so that the first bar begins with the file; else they keep the recording's times",
    )
    parser.add_argument("--device", type=_device, help="where to compute: cpu (the default), cuda, cuda:1 or mps")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and exit")


def _add_outputs(parser: argparse.ArgumentParser, formats: Sequence[Format]) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=_output,
        metavar="OUT",
        help="a file if it ends like one of the formats, standard output if it is -, else a folder, which is "
        "created; without it each result lies beside its recording, that of standard input on standard output",
    )
    parser.add_argument(
        "--format",
        type=_formats,
        metavar="LIST",
        help="what to write: one or more of "
        + ", ".join(f"{format.name} ({format.contents})" for format in formats)
        + "; with commas between them (mid, or what -o ends in)",
    )
    parser.add_argument(
        "--picture", action="store_true", help="also draw the transcription over the recording's spectrogram, as a PNG"
    )
    parser.add_argument("--sound", action="store_true", help="also write the transcription as a WAV file, to listen to")
    parser.add_argument(
        "--mix",
        action="store_true",
        help="also write a WAV file with the recording on the left, the transcription on the right",
    )
    parser.add_argument(
        "--soundfont", type=Path, metavar="FILE.sf2", help="what plays these, through fluidsynth; else plain tones do"
    )


def _add_ways_of_working(parser: argparse.ArgumentParser) -> None:
    """Results that exist already, processes, the cluster, the report."""
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace results that exist already")
    existing.add_argument(
        "--skip-existing", action="store_true", help="leave recordings alone whose results exist; resumes a long run"
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=positive,
        metavar="N",
        help="transcribe this many recordings at a time (2 if there are four or more of them, and cores; else 1)",
    )
    add_ray_option(parser)
    parser.add_argument(
        "--parquet",
        action="store_true",
        help="with --ray: write the events of all recordings to OUT/events/*.parquet instead of files for each",
    )
    parser.add_argument(
        "--report", type=_report_file, metavar="FILE.json", help="say there what became of each recording"
    )


def add_ray_option(parser: argparse.ArgumentParser) -> None:
    """--ray, of every command that has jobs to do side by side."""
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="work on the Ray cluster at this address, or on this machine by Ray if it is auto (docs/cluster.md)",
    )


class Version(argparse.Action):
    """Like argparse's own, but looks the version up only when asked, because that takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"{parser.prog} {version('mp3tomidi')}")
        parser.exit()


def recording(text: str) -> Path:
    """What a command line names as a recording: a path, or - for standard input."""
    if not text:
        raise argparse.ArgumentTypeError("a name is empty; the folder that you are in is .")
    if is_url(text):
        raise argparse.ArgumentTypeError(f"{text} is an address; download the recording and name its file")
    return STANDARD_INPUT if text == "-" else Path(text)


def _source(text: str) -> Path | str:
    """A recording, or an address, which stays as it is written: --ray reads those."""
    return text if is_url(text) else recording(text)


def _device(text: str) -> str:
    if not re.fullmatch(r"cpu|(cuda|mps)(:\d+)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no device; there are cpu, cuda, cuda:1 (the second GPU) and mps")
    return text


def _report_file(text: str) -> Path:
    if not text.lower().endswith(".json"):  # it is replaced, so it must not be a recording
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .json")
    return Path(text)


def _output(text: str) -> Path | str:
    if not text:
        raise argparse.ArgumentTypeError("the name is empty; the folder that you are in is .")
    if is_url(text):
        return text
    path = Path(text)
    looks_like_a_file = re.search(r"\.[A-Za-z][A-Za-z0-9]{1,4}$", text) and of_file(path) is None
    if looks_like_a_file and not _is_folder(path):
        known = ", ".join(dict.fromkeys(format.suffix for format in FORMATS.values()))
        raise argparse.ArgumentTypeError(
            f"{text} ends like a file, but in none of {known}; for a folder, write {text}{os.sep}"
        )
    return path


def _formats(text: str) -> tuple[Format, ...]:
    try:
        return named(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _choose_streams(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """See that standard input is the only recording, and settle where its result goes."""
    if STANDARD_INPUT not in options.files:
        return
    if len(options.files) > 1:
        parser.error("- is standard input, which is transcribed by itself")
    if sys.stdin is None or sys.stdin.isatty():
        parser.error("- is standard input, from where nothing comes; send a recording there with | or <")
    options.output = options.output or STANDARD_OUTPUT


def _choose_formats(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Settle `options.format`, and see that it suits the output."""
    output: Path | None = options.output
    by_suffix = of_file(output) if output is not None else None
    if options.format is None:
        options.format = (by_suffix or MIDI,)
    asked = [FORMATS[name] for name in ("picture", "sound", "mix") if getattr(options, name)]
    options.format = tuple(dict.fromkeys([*options.format, *asked]))
    if options.only == "drums" and (of_notes := [format.name for format in options.format if format.of_notes]):
        parser.error(f"{of_notes[0]} is for notes, and drums have none")
    if options.align and (
        compared := [format.name for format in options.format if format in (PICTURE, MIX, FORMATS["npz"])]
    ):
        parser.error(f"--align moves all events, and {compared[0]} shows it with the recording")
    if options.soundfont is not None and not {SOUND, MIX} & {*options.format}:
        parser.error("--soundfont is for --sound and --mix")
    if output == STANDARD_OUTPUT and sys.stdout is None:
        parser.error("standard output is closed; -o FILE names another place")
    if output == STANDARD_OUTPUT and (len(options.format) > 1 or not options.format[0].streams):
        parser.error("standard output takes one result, and one that is neither npz nor a picture or sound")
    if by_suffix is not None and by_suffix not in options.format:
        parser.error(f"-o {output} is none of the formats asked for; name a folder, or another suffix")
    _set_missing_apart(options)


def _set_missing_apart(options: argparse.Namespace) -> None:
    """Leave in `options.format` what can be written, if anything can; `options.missing` says why the others cannot."""
    reasons = {format: missing(format, options.soundfont) for format in options.format}
    possible = tuple(format for format, reason in reasons.items() if reason is None)
    options.format = possible or options.format  # if nothing can, the run says so before anything slow
    options.missing = {format: reason for format, reason in reasons.items() if reason is not None and possible}


def _with_what_is_missing(status: int, options: argparse.Namespace, console: Console) -> int:
    """The exit status of a run, once it is said which formats were not written."""
    for reason in dict.fromkeys(options.missing.values()):
        console.complain(f"not written: {reason}")
    return max(status, FAILED) if options.missing else status


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  (Path.is_dir raises where a name is too long)


def _names_a_file(output: Path | None) -> bool:
    return output is not None and (output == STANDARD_OUTPUT or of_file(output) is not None)


def _planned(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    request: Callable[[argparse.ArgumentParser, argparse.Namespace], Request],
) -> Callable[[], int]:
    """All that is to be done, ready to start."""
    _refuse_what_is_for_ray(parser, options)
    _choose_streams(parser, options)
    _choose_formats(parser, options)
    check_beat_options(parser, options)
    if _names_a_file(options.output) and (len(options.files) > 1 or _is_folder(options.files[0])):
        parser.error(f"-o {options.output} takes one recording; name a folder for several")
    from mp3tomidi.transcribe.program.pool import usual_processes
    from mp3tomidi.transcribe.program.run import run

    plan = _plan(options)
    if options.report in {target for job in plan.jobs for target in job.targets}:
        parser.error(f"--report {options.report} is where a result goes; name another file")
    processes = options.jobs or usual_processes(len(plan.jobs), options.device)
    console = Console(parser.prog, options.quiet)
    return partial(run, plan, request(parser, options), processes, console, options.report)


def _refuse_what_is_for_ray(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    for text in (*options.files, options.output):
        if isinstance(text, str):
            parser.error(f"{text} is an address: --ray auto reads and writes those; else download the recording")
    if options.parquet:
        parser.error("--parquet is for --ray")


def _planned_on_ray(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    request: Callable[[argparse.ArgumentParser, argparse.Namespace], Request],
) -> Callable[[], int]:
    """All that is to be done on a cluster, ready to start."""
    from mp3tomidi.transcribe.program.corpus import plan_corpus
    from mp3tomidi.transcribe.program.corpus_run import run_corpus
    from mp3tomidi.transcribe.program.ray_actors import cluster_for

    output: Path | str | None = options.output
    if output is None or _names_a_file(output if isinstance(output, Path) else Path(output.rpartition("/")[2])):
        parser.error("--ray writes to a folder: -o names it")
    if STANDARD_INPUT in options.files:
        parser.error("--ray takes files and folders, not standard input")
    if options.report is not None:
        parser.error(f"with --ray, {output}/manifest.jsonl is the report")
    if options.beats is not None:
        parser.error("--beats is for one recording")
    options.output, folder = None, str(output)
    _choose_formats(parser, options)
    if options.parquet and find_spec("pyarrow") is None:
        parser.error(f"--parquet needs pyarrow: {install_command('mp3tomidi[parquet]')}")
    console = Console(parser.prog, options.quiet)
    files = [str(file) for file in options.files]
    corpus = plan_corpus(files, folder, options.format, overwrite=options.overwrite, parquet=options.parquet)
    cluster = cluster_for(options.ray, options.jobs, options.device)
    return partial(run_corpus, corpus, request(parser, options), cluster, console, parquet=options.parquet)


def _plan(options: argparse.Namespace) -> Plan:
    from mp3tomidi.transcribe.program import batch

    output: Path | None = options.output
    existing = batch.Existing.REFUSE
    if options.overwrite:
        existing = batch.Existing.OVERWRITE
    elif options.skip_existing:
        existing = batch.Existing.SKIP
    if output == STANDARD_OUTPUT:
        return batch.plan_file(options.files[0], None)
    if output is not None and (first := of_file(output)) is not None:
        ordered = (first, *(format for format in options.format if format is not first))
        places = dict(zip(ordered, (output, *beside(output, ordered)), strict=True))
        options.format = tuple(format for format in ordered if format in options.format)  # first may not be installed
        target, *others = (places[format] for format in options.format)
        return batch.plan_file(options.files[0], target, existing=existing, others=tuple(others))
    return batch.plan(options.files, output, existing=existing, formats=options.format)
