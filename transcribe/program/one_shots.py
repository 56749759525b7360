"""`mp3tomidi-drums --one-shots FOLDER`: says which drum each sample of a folder is, and copies them by that.

The samples themselves are never moved or changed, and what is there already is never replaced.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mp3tomidi.transcribe.audio.folders import find_sounds
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES
from mp3tomidi.transcribe.errors import AudioError, OutputError, explain
from mp3tomidi.transcribe.interruption import cleanup_on_signal
from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes, written_beside
from mp3tomidi.transcribe.program.console import DONE, FAILED, INTERRUPTED, Console
from mp3tomidi.transcribe.program.parser import Parser

TABLE = "one-shots"  # its name in the folder of the sorted samples, without the suffix
TABLE_SUFFIXES = (".csv", ".json")


def main(program: str, argv: Sequence[str]) -> int:
    """Run `program --one-shots` with the words that follow, and return its exit status."""
    parser = _parser(program)
    options = parser.parse_args(argv)
    console = Console(program, options.quiet)

    def interrupted() -> int:
        console.complain("interrupted; what was copied is kept, and the same command goes on from there")
        return INTERRUPTED

    try:
        with cleanup_on_signal(interrupted):
            return _run(options.folder, options.output, console)
    except KeyboardInterrupt:
        return interrupted()
    except Exception as error:
        console.complain(explain(error))
        return FAILED


def _parser(program: str) -> argparse.ArgumentParser:
    parser = Parser(
        prog=f"{program} --one-shots",
        description="Say which drum each sample of a folder is: samples of single strokes, in these classes: "
        + ", ".join(drum.name for drum in ONE_SHOT_CLASSES)
        + ".",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="samples, searched with its sub-folders; or one")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help=f"a folder that gets a copy of each sample in OUT/CLASS, and {TABLE}.csv and .json; or a file that ends "
        "in one of these, for the table alone; without it the table goes to standard output",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    return parser


def _run(folder: Path, output: Path | None, console: Console) -> int:
    if output is None and sys.stdout is None:
        raise OutputError("standard output is closed: name another place by -o")
    tables = _tables(output)
    if there := [table for table in tables if os.path.lexists(table)]:
        raise OutputError(f"{there[0]} exists already: move it away, or name another place by -o")
    copies = None if output is None or output in tables else output
    if copies is not None and folder.is_dir() and copies.resolve() == folder.resolve():
        raise OutputError(f"{copies} is the folder of the samples: name another one by -o")
    samples = list(find_sounds(folder, copies)) if folder.is_dir() else [folder]
    if not samples:
        raise AudioError(f"the folder {folder} holds no samples (nothing that ends like .wav)")

    from mp3tomidi.transcribe.drums.one_shots import OneShotSorter
    from mp3tomidi.transcribe.outputs.one_shot_table import Row, to_csv, to_json

    sorter = OneShotSorter()
    rows: list[Row] = []
    failures = 0
    with console.progress(samples) as progress:
        for sample in samples:
            name = sample.relative_to(folder) if sample != folder else Path(sample.name)
            try:
                recognised = sorter.recognise(sample)
                rows.append((name.as_posix(), recognised))
                if copies is not None:
                    _copy(sample, copies / recognised.drum.name / name)
            except Exception as error:  # the others go on
                failures += 1
                console.complain(explain(error))
            progress.advance(sample, 0.0)
    for table in tables:
        make_folder(table.parent)
        write_bytes(_encoded((to_json if table.suffix.lower() == ".json" else to_csv)(rows)), table)
    if not tables:
        write_bytes(_encoded(to_csv(rows)), sys.stdout.buffer)
    counts = Counter(recognised.drum.name for _, recognised in rows)
    summary = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    place = "" if output is None else f" -> {output}"
    console.say(f"{folder}{place}: {len(rows)} of {len(samples)} samples classified: {summary or 'none'}")
    return FAILED if failures else DONE


def _tables(output: Path | None) -> list[Path]:
    """The files that get the table."""
    if output is None:
        return []
    if output.suffix.lower() in TABLE_SUFFIXES and not output.is_dir():
        return [output]
    return [output / f"{TABLE}{suffix}" for suffix in TABLE_SUFFIXES]


def _encoded(table: str) -> bytes:
    """In UTF-8; of names that are no text the odd bytes as JSON escapes them."""
    return table.encode(errors="backslashreplace")


def _copy(sample: Path, copy: Path) -> None:
    """Copies a sample with its times, unless the same is there. Raises OutputError."""
    if os.path.lexists(copy):
        if not (copy.is_file() and filecmp.cmp(sample, copy, shallow=False)):
            raise OutputError(f"{copy} exists already and is not {sample}: move it away, or name another place by -o")
        return
    make_folder(copy.parent)
    with written_beside(copy) as beside:
        shutil.copy2(sample, beside)
