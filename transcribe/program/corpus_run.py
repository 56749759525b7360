"""A run of `mp3tomidi --ray`, from its first message to its last."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.outputs.formats import check
from mp3tomidi.transcribe.program import report
from mp3tomidi.transcribe.program.console import DONE, FAILED, Console
from mp3tomidi.transcribe.program.corpus import EVENTS, Corpus, place_below
from mp3tomidi.transcribe.program.corpus_files import files_at, is_url, remove
from mp3tomidi.transcribe.program.corpus_manifest import Manifest
from mp3tomidi.transcribe.program.corpus_worker import CorpusWorker, Row, died
from mp3tomidi.transcribe.program.durations import in_words
from mp3tomidi.transcribe.program.ray_actors import Cluster, work_on_ray
from mp3tomidi.transcribe.program.worker import Request

EVENTS_TOGETHER = 32  # recordings whose events share a Parquet file
_REPORT_EVERY_S = 30.0
_NAMED = 20  # recordings that failed, in the summary


@dataclass(slots=True)
class _Tally:
    """Counts only: what is known of each recording stands in the manifest."""

    counts: Counter[str] = field(default_factory=Counter)
    sound_s: float = 0.0
    notes: int = 0
    drum_hits: int = 0
    failed: list[str] = field(default_factory=list)  # the first _NAMED

    def add(self, row: Row) -> None:
        self.counts[row["status"]] += 1
        self.sound_s += row["seconds"]
        self.notes += row["notes"]
        self.drum_hits += row["drum_hits"]
        if row["status"] == report.FAILED and len(self.failed) < _NAMED:
            self.failed.append(row["source"])


def run_corpus(corpus: Corpus, request: Request, cluster: Cluster, console: Console, *, parquet: bool = False) -> int:
    """Do all jobs, whatever becomes of the others, say so, and return the exit status.

    What is done already, as its results (or, of Parquet, the manifest) say, is passed over. Interrupted, whatever was
    finished is kept, and the same goes on from there.
    """
    started_s, tally = time.monotonic(), _Tally()
    for remark in corpus.remarks:
        console.say(remark)

    def do_all() -> None:
        check(request.formats, request.soundfont)
        with Manifest(corpus.manifest) as manifest:
            _take_up(corpus, manifest, parquet=parquet)
            tally.counts[report.SKIPPED] = len(corpus.existing)
            for source, reason in corpus.failures:
                console.complain(reason)
                tally.add(died_of(source, reason))
                manifest.add(died_of(source, reason))
            try:
                _do_jobs(corpus, manifest, tally, request, cluster, console, parquet=parquet)
            finally:
                manifest.sort()

    status = console.until_the_end(do_all)
    _conclude(corpus, tally, time.monotonic() - started_s, request, console)
    return max(status, FAILED if tally.counts[report.FAILED] else DONE)


def died_of(source: str, reason: str) -> Row:
    """The row of an input that cannot be searched."""
    from mp3tomidi.transcribe.program.corpus import CorpusJob

    return died(CorpusJob(source), reason) | {"error": reason}


def _take_up(corpus: Corpus, manifest: Manifest, *, parquet: bool) -> None:
    """Makes the manifest say what is there, and `corpus` have what is to be done yet."""
    if not parquet:
        there = {job.source for job in corpus.existing}
        manifest.keep(lambda row: row["source"] in there and row["status"] == report.DONE)
        return
    parts = _events_there(corpus.out)
    asked = {job.source for job in corpus.jobs}
    kept: set[str] = set()

    def holds(row: Row) -> bool:
        is_there = row["status"] == report.DONE and all(Path(place).name in parts for place in row["results"])
        if is_there and row["source"] in asked:
            kept.add(row["source"])
        return is_there

    manifest.keep(holds)
    named = {Path(place).name for row in manifest.rows() for place in row["results"]}
    for name in parts - named:  # written by a run that ended before it said so
        _remove(place_below(corpus.out, f"{EVENTS}/{name}"))
    corpus.existing = [job for job in corpus.jobs if job.source in kept]
    corpus.jobs = [job for job in corpus.jobs if job.source not in kept]


def _events_there(out: str) -> set[str]:
    folder = place_below(out, EVENTS)
    names = files_at(folder) if is_url(folder) else {path.name for path in Path(folder).glob("*.parquet")}
    return {name for name in names if name.endswith(".parquet")}


def _remove(place: str) -> None:
    if is_url(place):
        remove(place)
        return
    try:
        Path(place).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot remove {place}: {error.strerror or error}") from error


def _do_jobs(
    corpus: Corpus,
    manifest: Manifest,
    tally: _Tally,
    request: Request,
    cluster: Cluster,
    console: Console,
    *,
    parquet: bool,
) -> None:
    if not corpus.jobs:
        return
    make_worker = partial(CorpusWorker, request, corpus.out if parquet else None)
    together = EVENTS_TOGETHER if parquet else 1
    started_s = reported_s = time.monotonic()
    rows = work_on_ray(make_worker, corpus.jobs, cluster, died, together=together)
    for number, row in enumerate(rows, start=1):
        manifest.add(row)
        tally.add(row)
        for warning in row["warnings"]:
            console.say(warning)
        if row["error"] is not None:
            console.complain(row["error"])
        now_s = time.monotonic()
        if now_s - reported_s > _REPORT_EVERY_S:
            reported_s, passed_s = now_s, now_s - started_s
            left_s = passed_s * (len(corpus.jobs) - number) / number
            speed = f"{tally.sound_s / passed_s:.0f} times real time"
            console.say(f"{number:,} of {len(corpus.jobs):,}, {speed}, {in_words(left_s)} left")


def _conclude(corpus: Corpus, tally: _Tally, took_s: float, request: Request, console: Console) -> None:
    tally.counts[report.NOT_REACHED] = corpus.count - sum(tally.counts.values())
    order = (report.DONE, report.SKIPPED, report.FAILED, report.NOT_REACHED)
    counts = ", ".join(f"{tally.counts[name]:,} {name}" for name in order if tally.counts[name]) or "nothing to do"
    line = f"{corpus.out}: {counts} in {in_words(took_s)}"
    if tally.sound_s:
        events = report.events_in_words(tally.notes, tally.drum_hits, request.only)
        line += f": {events} in {in_words(tally.sound_s)} of sound, {tally.sound_s / took_s:.1f} times real time"
    console.say(line)
    failed = tally.counts[report.FAILED]
    if failed:
        console.complain(f"{failed:,} of {corpus.count:,} failed:")
        for source in tally.failed:
            console.complain(f"    {source}")
    if failed > len(tally.failed):
        console.complain(f"    and {failed - len(tally.failed):,} more; {corpus.manifest} names them all")
