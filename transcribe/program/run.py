"""A planned run from its first message to its last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from mp3tomidi.transcribe.errors import explain
from mp3tomidi.transcribe.interruption import cleanup_on_signal
from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes
from mp3tomidi.transcribe.outputs.formats import check
from mp3tomidi.transcribe.program.batch import Job, Plan
from mp3tomidi.transcribe.program.console import DONE, FAILED, INTERRUPTED, Console
from mp3tomidi.transcribe.program.pool import work
from mp3tomidi.transcribe.program.report import Report, events_in_words
from mp3tomidi.transcribe.program.standard_input import name_of
from mp3tomidi.transcribe.program.worker import Only, Outcome, Request, Worker, died

_EXISTING_NAMED = 3  # recordings that have results already; of more only one, and how many they are


def run(plan: Plan, request: Request, processes: int, console: Console, report_file: Path | None = None) -> int:
    """Do all jobs, whatever becomes of the others, say so, and return the exit status.

    report_file: where the report goes, also that of an interrupted run.
    """
    for remark in plan.remarks:
        console.say(remark)
    for failure in plan.failures:
        console.complain(failure.reason)
    for line in _existing(plan.existing, "results", "--overwrite replaces {0}, --skip-existing leaves {0}"):
        console.complain(line)
    for line in _existing(plan.completed, "some of their results", "kept; --overwrite replaces {0}"):
        console.say(line)
    report = Report(plan, request.only)

    def interrupted() -> int:
        return max(INTERRUPTED, _conclude(report, console, report_file, interrupted=True))

    try:
        with cleanup_on_signal(interrupted):
            if report_file is not None:
                make_folder(report_file.parent)
                write_bytes(report.to_json(), report_file)  # so that a place that takes no files is known at once
            if plan.jobs:
                check(request.formats, request.soundfont)
                with _results_folder(plan.folder):
                    _do_jobs(report, request, processes, console)
    except KeyboardInterrupt:
        return interrupted()
    except Exception as error:
        console.complain(explain(error))
        if report.outcomes:
            _conclude(report, console, report_file)
        return FAILED
    return max(FAILED if report.failed or plan.existing else DONE, _conclude(report, console, report_file))


@contextmanager
def _results_folder(folder: Path | None) -> Iterator[None]:
    """Makes the folder of the results, if they have one, so that it is known at once whether that can be.

    If nothing comes into it, it goes again.
    """
    missing = [] if folder is None else [place for place in (folder, *folder.parents) if not place.exists()]
    if folder is not None:
        make_folder(folder)
    try:
        yield
    finally:
        with suppress(OSError):  # the first that is not empty ends it
            for place in missing:
                place.rmdir()


def _existing(jobs: list[Job], what: str, remedy: str) -> Iterator[str]:
    """Lines on recordings that have results already, one each unless they are many.

    remedy: what becomes of the results, and what else could; {0} in it stands for them.
    """
    if len(jobs) > _EXISTING_NAMED:
        yield f"{len(jobs)} recordings have {what} already, {jobs[0].source} among them: {remedy.format('these')}"
        return
    for job in jobs:
        there = [str(target) for target in job.targets if not job.kept or target in job.kept]
        exist, pronoun = ("exists", "it") if len(there) == 1 else ("exist", "them")
        yield f"{', '.join(there)} {exist} already: {remedy.format(pronoun)}"


def _do_jobs(report: Report, request: Request, processes: int, console: Console) -> None:
    jobs = report.plan.jobs
    in_threads = request.device is not None and request.device.startswith("cuda")  # which share the GPU's batches
    outcomes = work(
        partial(Worker, request),
        jobs,
        1 if in_threads else processes,
        died,
        threads=processes if in_threads else 1,
    )
    with console.progress([job.source for job in jobs]) as progress:
        for number, outcome in enumerate(outcomes, start=1):
            report.add(outcome)
            for warning in outcome.warnings:
                console.say(warning)
            if outcome.error is not None:
                console.complain(outcome.error)
            else:
                place = f"[{number}/{len(jobs)}] " if len(jobs) > 1 else ""
                console.say(place + _describe(outcome, report.only))
            progress.advance(outcome.job.source, outcome.duration_s)


def _describe(outcome: Outcome, only: Only) -> str:
    job = outcome.job
    target = ", ".join(str(target) for target in job.targets if target not in job.kept) or "standard output"
    events = events_in_words(outcome.note_count, outcome.drum_hit_count, only)
    summary = f"{events} in {outcome.duration_s:.1f} s of sound, took {outcome.took_s:.1f} s"
    return f"{name_of(job.source)} -> {target}: {summary}"


def _conclude(report: Report, console: Console, report_file: Path | None, *, interrupted: bool = False) -> int:
    """Summary and report. Returns whether they could be written, as an exit status."""
    several = report.count > 1
    if several:
        console.say(report.summary())
        for line in report.failures():
            console.complain(line)
    if interrupted:
        way_out = "; the same command with --skip-existing goes on from there" if several else ""
        console.complain(f"interrupted; what was finished is kept{way_out}")
    if report_file is None:
        return DONE
    try:
        write_bytes(report.to_json(), report_file)
    except Exception as error:
        console.complain(explain(error))
        return FAILED
    return DONE
