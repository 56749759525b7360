"""The command `mp3tomidi-classify`: recordings in, their classes out; also their embeddings, and what is like them.

Pictures show the classes over time, the segments of many recordings on a map, and what a network responds to.

Exit status: 0 all is done, 1 something failed, 2 wrong usage, 130 interrupted. Messages go to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.errors import Mp3toMidiError, OutputError, explain
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.interruption import cleanup_on_signal
from mp3tomidi.transcribe.outputs.figures import check_matplotlib
from mp3tomidi.transcribe.program.batch import Failure, search
from mp3tomidi.transcribe.program.classify_options import (
    LISTED,
    PROGRAM,
    classify_parser,
    embed_parser,
    filters_parser,
    map_parser,
    similar_parser,
)
from mp3tomidi.transcribe.program.console import DONE, FAILED, INTERRUPTED, Console
from mp3tomidi.transcribe.program.standard_input import STANDARD_INPUT, as_known, in_a_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mp3tomidi.transcribe.classify.classifier import Classification, Classifier


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; wrong usage ends in SystemExit, as is argparse's way."""
    words = sys.argv[1:] if argv is None else list(argv)
    work, make_parser = _COMMANDS.get(words[0] if words else "", (_classify, classify_parser))
    parser = make_parser()
    options = parser.parse_args(words[1:] if make_parser is not classify_parser else words)
    console = Console(PROGRAM, options.quiet)

    def interrupted() -> int:
        console.complain("interrupted; no file was written")
        return INTERRUPTED

    try:
        with cleanup_on_signal(interrupted):
            return work(options, console)
    except KeyboardInterrupt:
        return interrupted()
    except Exception as error:
        console.complain(explain(error))
        return FAILED


def _classify(options: argparse.Namespace, console: Console) -> int:
    from mp3tomidi.transcribe.classify import table

    form = _format_of(options)
    _refuse_existing(options)
    classifier = _classifier(options)
    rows: list[tuple[str, Classification]] = []

    if options.picture is not None:
        check_matplotlib()

    def add(name: str, classification: Classification, file: Path) -> None:
        if options.picture is not None and classification.duration_s > 0.0:
            _draw_timeline(options, classification, name, file)
        if form == "table" and options.output is None:
            _write_out(table.to_text((name, classification), segments=options.segments) + "\n")
        else:
            rows.append((name, classification))

    failed = _classify_all(options, classifier, console, add)
    if form == "json":
        text = table.to_json(classifier.task, rows, segments=options.segments)
    elif form == "csv":
        text = table.to_csv(rows, segments=options.segments)
    else:
        text = "".join(table.to_text(row, segments=options.segments) + "\n" for row in rows)
    if options.output is not None:
        _write_file(text.encode(errors="backslashreplace"), options.output)
        console.say(f"{len(rows)} recording{'' if len(rows) == 1 else 's'} -> {options.output}")
    elif form != "table":
        _write_out(text)
    return FAILED if failed else DONE


def _embed(options: argparse.Namespace, console: Console) -> int:
    import numpy as np

    from mp3tomidi.transcribe.classify.embeddings import check_suffix, write_embeddings

    check_suffix(options.output)
    _refuse_existing(options)
    classifier = _classifier(options)
    names: list[str] = []
    embeddings = []

    def add(name: str, classification: Classification, file: Path) -> None:
        del file
        names.append(name)
        embeddings.append(classification.embedding)

    failed = _classify_all(options, classifier, console, add)
    if not names:
        return FAILED
    write_embeddings(names, np.stack(embeddings), classifier.task.name, options.output)
    return FAILED if failed else DONE


def _map(options: argparse.Namespace, console: Console) -> int:
    from mp3tomidi.transcribe.classify.embedding_map import draw_map, map_segments, to_csv

    table = options.output.with_suffix(".csv")
    if options.output.suffix.lower() != ".png":
        raise OutputError(f"{options.output}: name a file that ends in .png")
    check_matplotlib()
    for path in (options.output, table):
        _refuse_existing_file(path, options)
    classifier = _classifier(options)
    rows: list[tuple[str, Classification]] = []
    failed = _classify_all(
        options, classifier, console, lambda name, classification, _: rows.append((name, classification))
    )
    segments = map_segments(rows, options.method)
    _write_file(to_csv(segments).encode(errors="backslashreplace"), table)
    draw_map(segments, options.colour, options.output)
    return FAILED if failed else DONE


def _filters(options: argparse.Namespace, console: Console) -> int:
    del console
    check_matplotlib()
    _refuse_existing(options)
    classifier = _classifier(options)
    if find_spec("torch") is None:
        raise OutputError(f"the filters of a network need torch: {install_command('mp3tomidi[gpu]')}")
    from mp3tomidi.transcribe.classify.checkpoint import load_classifier
    from mp3tomidi.transcribe.classify.learned_filters import draw_filters, responses
    from mp3tomidi.transcribe.outputs.files import make_folder

    rate = classifier.task.sample_rate
    layers = responses(load_classifier(classifier.folder, classifier.task.name), rate)
    make_folder(options.output.parent)
    draw_filters(layers, rate, options.output)
    return DONE


def _draw_timeline(options: argparse.Namespace, classification: Classification, name: str, file: Path) -> None:
    from mp3tomidi.transcribe.classify.timeline_picture import draw_timeline
    from mp3tomidi.transcribe.outputs.files import make_folder

    picture = options.picture / f"{Path(name).stem}.png"
    _refuse_existing_file(picture, options)
    make_folder(picture.parent)
    draw_timeline(classification, file, picture)


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


def _classify_all(
    options: argparse.Namespace,
    classifier: Classifier,
    console: Console,
    add: Callable[[str, Classification, Path], None],
) -> bool:
    """Classifies all recordings, whatever becomes of the others; returns whether any could not be."""
    sources, failed = _sources(options.files, console)
    if options.ray is not None:
        return _classify_all_on_ray(sources, options, console, add) or failed
    with console.progress(sources) as progress:
        for source in sources:
            duration_s, file = 0.0, source
            try:
                with in_a_file(source) as file:
                    classification = classifier.classify(file)
                    duration_s = classification.duration_s
                    add(as_known(str(file), file, source), classification, file)
            except OutputError:
                raise  # nothing more can be said
            except Exception as error:  # the others go on
                failed = True
                reason = as_known(explain(error), file, source)
                console.complain(reason if isinstance(error, Mp3toMidiError) else f"{source}: {reason}")
            progress.advance(source, duration_s)
    return failed


def _classify_all_on_ray(
    sources: Sequence[Path],
    options: argparse.Namespace,
    console: Console,
    add: Callable[[str, Classification, Path], None],
) -> bool:
    from mp3tomidi.transcribe.program.classify_on_ray import classified
    from mp3tomidi.transcribe.program.ray_actors import cluster_for

    if STANDARD_INPUT in sources:
        raise OutputError("--ray takes files and folders, not standard input")
    failed = False
    with console.progress(sources) as progress:
        for outcome in classified(sources, options.task, options.weights, cluster_for(options.ray, None, None)):
            if outcome.classification is None:
                failed = True
                console.complain(outcome.error or "")
            else:
                add(str(outcome.source), outcome.classification, outcome.source)
            progress.advance(outcome.source, outcome.classification.duration_s if outcome.classification else 0.0)
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
    if options.output.is_dir() or (by_suffix is None and not options.output.suffix):
        raise OutputError(f"{options.output} is a folder: -o is one file for all recordings, such as classes.csv")
    if by_suffix is None:
        raise OutputError(f"{options.output}: name a file that ends in .json, .csv or .txt")
    if options.format not in (None, by_suffix):
        raise OutputError(f"{options.output} and --format {options.format} contradict each other: leave one out")
    return by_suffix


def _refuse_existing(options: argparse.Namespace) -> None:
    if options.output is not None:
        _refuse_existing_file(options.output, options)


def _refuse_existing_file(path: Path, options: argparse.Namespace) -> None:
    if os.path.lexists(path) and not options.overwrite:
        raise OutputError(f"{path} exists already: --overwrite replaces it")


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
    "embed": (_embed, embed_parser),
    "similar": (_similar, similar_parser),
    "map": (_map, map_parser),
    "filters": (_filters, filters_parser),
}


if __name__ == "__main__":
    sys.exit(main())
