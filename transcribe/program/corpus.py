"""A corpus to transcribe: which recordings, on this machine or at addresses, and where each result goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mp3tomidi.transcribe.errors import AudioError
from mp3tomidi.transcribe.outputs.formats import MIDI, Format
from mp3tomidi.transcribe.program import batch
from mp3tomidi.transcribe.program.batch import Existing, Failure, Found
from mp3tomidi.transcribe.program.corpus_files import below, files_at, is_url, sounds_at

MANIFEST = "manifest.jsonl"
EVENTS = "events"  # folder of the Parquet files


@dataclass(frozen=True, slots=True)
class CorpusJob:
    """A recording and the files of its results, as paths or addresses; `kept`: those that exist and stay."""

    source: str
    results: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()


@dataclass(slots=True)
class Corpus:
    """What is to be done. `existing`: jobs whose results all exist, which are passed over."""

    out: str
    jobs: list[CorpusJob] = field(default_factory=list)
    existing: list[CorpusJob] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    """Inputs that cannot be searched, and why."""
    remarks: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.jobs) + len(self.existing) + len(self.failures)

    @property
    def manifest(self) -> str:
        return place_below(self.out, MANIFEST)


def place_below(folder: str, relative: str) -> str:
    """A file below a folder, both paths or both addresses."""
    return below(folder, PurePosixPath(relative)) if is_url(folder) else str(Path(folder, relative))


def plan_corpus(
    inputs: Sequence[str], out: str, formats: Sequence[Format], *, overwrite: bool = False, parquet: bool = False
) -> Corpus:
    """The jobs for files, folders and addresses, whose results go below `out`.

    Results are named as `batch.plan` names them, whatever lies where. parquet: there are none for single recordings.
    Raises OutputError where `out` cannot be looked into.
    """
    if parquet:
        corpus = plan_corpus(inputs, out, (MIDI,), overwrite=True)
        corpus.jobs = [CorpusJob(job.source) for job in corpus.jobs]
        corpus.remarks.clear()
        return corpus
    if not is_url(out) and not any(map(is_url, inputs)):
        return _plan_of_paths([Path(text) for text in inputs], Path(out), formats, overwrite)
    corpus = Corpus(out)
    found: dict[str, Path] = {}
    for text in inputs:
        for source, relative in _search(text, corpus):
            found.setdefault(source, Path(relative))
    root = Path("/")  # stands for `out` while names are given
    named = batch.named_jobs(
        [Found(Path(source), relative) for source, relative in found.items()], root, formats, corpus.remarks
    )
    there = set() if overwrite else _there(out)
    for source, job in zip(found, named, strict=True):
        places = [target.relative_to(root).as_posix() for target in job.targets]
        results = tuple(place_below(out, place) for place in places)
        kept = frozenset(result for result, place in zip(results, places, strict=True) if place in there)
        (corpus.existing if len(kept) == len(results) else corpus.jobs).append(CorpusJob(source, results, kept))
    return corpus


def _plan_of_paths(inputs: Sequence[Path], out: Path, formats: Sequence[Format], overwrite: bool) -> Corpus:
    existing = Existing.OVERWRITE if overwrite else Existing.SKIP
    plan = batch.plan(inputs, out, existing=existing, formats=formats)
    return Corpus(
        str(out),
        [_of_paths(job) for job in plan.jobs],
        [_of_paths(job) for job in plan.skipped],
        [(str(failure.source), failure.reason) for failure in plan.failures],
        plan.remarks,
    )


def _of_paths(job: batch.Job) -> CorpusJob:
    return CorpusJob(str(job.source), tuple(map(str, job.targets)), frozenset(map(str, job.kept)))


def _search(text: str, corpus: Corpus) -> list[tuple[str, PurePosixPath]]:
    if is_url(text):
        try:
            return list(sounds_at(text))
        except AudioError as error:
            corpus.failures.append((text, str(error)))
            return []
    failures: list[Failure] = []
    found = list(batch.search(Path(text), failures))
    corpus.failures += [(str(failure.source), failure.reason) for failure in failures]
    return [(str(item.source), PurePosixPath(item.relative.as_posix())) for item in found]


def _there(out: str) -> set[str]:
    """Places below `out` of the files that are there."""
    if is_url(out):
        return files_at(out)
    root = Path(out)
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
