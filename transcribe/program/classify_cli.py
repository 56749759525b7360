"""The command `mp3tomidi-classify`: recordings in, their classes out; also their embeddings, and what is like them.

Exit status: 0 all is done, 1 something failed, 2 wrong usage, 130 interrupted. Messages go to standard error.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.errors import Mp3toMidiError, OutputError, explain
from mp3tomidi.transcribe.interruption import tidied_up_by
from mp3tomidi.transcribe.program.batch import Failure, search
from mp3tomidi.transcribe.program.console import DONE, FAILED, INTERRUPTED, Console
from mp3tomidi.transcribe.program.options import Parser, Version, recording
from mp3tomidi.transcribe.program.standard_input import STANDARD_INPUT, as_known, in_a_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mp3tomidi.transcribe.classify.classifier import Classification, Classifier

PROGRAM = "mp3tomidi-classify"
FORMATS = ("table", "json", "csv")
LISTED = 10  # recordings that `similar` names


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; wrong usage ends in SystemExit, as is argparse's way."""
    words = sys.argv[1:] if argv is None else list(argv)
    work, make_parser = _COMMANDS.get(words[0] if words else "", (_classify, _parser))
    parser = make_parser()
    options = parser.parse_args(words[1:] if make_parser is not _parser else words)
    console = Console(PROGRAM, options.quiet)

    def interrupted() -> int:
        console.complain("interrupted; no file was written")
        return INTERRUPTED

    try:
        with tidied_up_by(interrupted):
            return work(options, console)
    except KeyboardInterrupt:
        return interrupted()
    except Exception as error:
        console.complain(explain(error))
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Say which classes recordings are of, by a network taught for a task. "
        f"`{PROGRAM} embed` writes what the network tells them from, `{PROGRAM} similar` lists recordings like one.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=recording,
        metavar="FILE",
        help="a recording, or a folder, searched with its sub-folders; - is standard input",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="a file that ends in .json, .csv or .txt (standard output)"
    )
    parser.add_argument("--format", choices=FORMATS, help="what to write (table, or what -o ends in)")
    parser.add_argument("--segments", action="store_true", help="also say it of each segment: the timeline")
    _add_common(parser)
    return parser


def _embed_parser() -> argparse.ArgumentParser:
    parser = Parser(prog=f"{PROGRAM} embed", description="Write the embeddings of recordings as an npz file.")
    parser.add_argument("files", nargs="+", type=recording, metavar="FILE", help="recordings, or folders")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.npz")
    _add_common(parser)
    return parser


def _similar_parser() -> argparse.ArgumentParser:
    parser = Parser(prog=f"{PROGRAM} similar", description=f"List the {LISTED} recordings most like one.")
    parser.add_argument("query", type=recording, metavar="QUERY", help="a recording")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to look, sub-folders too")
    parser.add_argument("--index", type=Path, metavar="FILE.npz", help="the index (in FOLDER, hidden)")
    _add_common(parser)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", required=True, metavar="NAME", help="what is asked: instrument, genre, your own, ...")
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="folder of weights (those that come along)")
    parser.add_argument("--overwrite", action="store_true", help="replace a result that exists already")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and exit")


def _classify(options: argparse.Namespace, console: Console) -> int:
    from mp3tomidi.transcribe.classify import table

    form = _format_of(options)
    _refuse_existing(options)
    classifier = _classifier(options)
    rows: list[tuple[str, Classification]] = []

    def add(name: str, heard: Classification) -> None:
        if form == "table" and options.output is None:
            _write_out(table.to_text((name, heard), segments=options.segments) + "\n")
        else:
            rows.append((name, heard))

    failed = _hear_all(options.files, classifier, console, add)
    if form == "json":
        text = table.to_json(classifier.task, rows, segments=options.segments)
    elif form == "csv":
        text = table.to_csv(rows, segments=options.segments)
    else:
        text = "".join(table.to_text(row, segments=options.segments) + "\n" for row in rows)
    if options.output is not None:
        _write_file(text.encode(errors="backslashreplace"), options.output)
    elif form != "table":
        _write_out(text)
    return FAILED if failed else DONE


def _embed(options: argparse.Namespace, console: Console) -> int:
    import numpy as np

    _refuse_existing(options)
    classifier = _classifier(options)
    names: list[str] = []
    embeddings = []

    def add(name: str, heard: Classification) -> None:
        names.append(name)
        embeddings.append(heard.embedding)

    failed = _hear_all(options.files, classifier, console, add)
    if not names:
        return FAILED
    buffer = io.BytesIO()
    np.savez(buffer, files=np.array(names), embeddings=np.stack(embeddings), task=np.array(classifier.task.name))
    _write_file(buffer.getvalue(), options.output)
    return FAILED if failed else DONE


def _similar(options: argparse.Namespace, console: Console) -> int:
    from mp3tomidi.transcribe.classify.similarity import SimilarityIndex

    classifier = _classifier(options)
    place = options.index or options.folder / f".mp3tomidi-{classifier.task.name}.npz"
    sources, failures = _sources([options.folder], console)
    index = SimilarityIndex.read(place, classifier.network_sha256)
    failed: list[Path] = []

    def embed(path: Path) -> NDArray[np.float32] | None:
        try:
            return classifier.classify(path).embedding
        except Mp3toMidiError as error:
            console.complain(str(error))
            failed.append(path)
            return None

    if index.update(sources, embed):
        index.write(place)
    with in_a_file(options.query) as file:
        query = classifier.classify(file).embedding
    own = os.path.realpath(options.query)
    near = [(name, score) for name, score in index.nearest(query, LISTED + 1) if os.path.realpath(name) != own]
    for name, score in near[:LISTED]:
        _write_out(f"{score:.3f}  {name}\n")
    return FAILED if failures or failed else DONE


def _hear_all(
    files: Sequence[Path], classifier: Classifier, console: Console, add: Callable[[str, Classification], None]
) -> bool:
    """Classifies all recordings, whatever becomes of the others; returns whether any could not be."""
    sources, failed = _sources(files, console)
    with console.progress(sources) as progress:
        for source in sources:
            duration_s, file = 0.0, source
            try:
                with in_a_file(source) as file:
                    heard = classifier.classify(file)
                duration_s = heard.duration_s
                add(as_known(str(file), file, source), heard)
            except OutputError:
                raise  # nothing more can be said
            except Exception as error:  # the others go on
                failed = True
                reason = as_known(explain(error), file, source)
                console.complain(reason if isinstance(error, Mp3toMidiError) else f"{source}: {reason}")
            progress.advance(source, duration_s)
    return failed


def _sources(files: Sequence[Path], console: Console) -> tuple[list[Path], bool]:
    """The recordings that are named or lie in folders that are, each once; and whether something cannot be opened."""
    failures: list[Failure] = []
    found: dict[str, Path] = {}
    for path in files:
        for source in [path] if path == STANDARD_INPUT else _found(path, failures):
            found.setdefault(os.path.abspath(source), source)  # noqa: PTH100  (a link is a recording of its own)
    for failure in failures:
        console.complain(failure.reason)
    return list(found.values()), bool(failures)


def _found(path: Path, failures: list[Failure]) -> Iterator[Path]:
    for item in search(path, failures):
        yield item.source


def _classifier(options: argparse.Namespace) -> Classifier:
    from mp3tomidi.transcribe.classify.classifier import Classifier

    return Classifier(options.task, options.weights)


def _format_of(options: argparse.Namespace) -> str:
    """What to write. Raises OutputError where -o and --format contradict each other."""
    suffixes = {".json": "json", ".csv": "csv", ".txt": "table"}
    if options.output is None:
        return options.format or "table"
    by_suffix = suffixes.get(options.output.suffix.lower())
    if by_suffix is None or options.format not in (None, by_suffix):
        raise OutputError(f"{options.output}: name a file that ends in .json, .csv or .txt, as --format says")
    return by_suffix


def _refuse_existing(options: argparse.Namespace) -> None:
    if options.output is not None and os.path.lexists(options.output) and not options.overwrite:
        raise OutputError(f"{options.output} exists already: --overwrite replaces it")


def _write_file(content: bytes, path: Path) -> None:
    from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes

    make_folder(path.parent)
    write_bytes(content, path)


def _write_out(text: str) -> None:
    from mp3tomidi.transcribe.outputs.files import write_bytes

    if sys.stdout is None:
        raise OutputError("standard output is closed: name a file by -o")
    write_bytes(text.encode(errors="backslashreplace"), sys.stdout.buffer)


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace, Console], int], Callable[[], argparse.ArgumentParser]]] = {
    "embed": (_embed, _embed_parser),
    "similar": (_similar, _similar_parser),
}


if __name__ == "__main__":
    sys.exit(main())
