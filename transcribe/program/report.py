"""Summarises what became of each recording of a run, in a line and as JSON."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mp3tomidi.transcribe.program.batch import Job, Plan
from mp3tomidi.transcribe.program.durations import in_words
from mp3tomidi.transcribe.program.standard_input import name_of
from mp3tomidi.transcribe.program.worker import Only, Outcome

VERSION = 1
_LISTED = 20  # failed recordings that the summary names

DONE, SKIPPED, THERE, FAILED, NOT_REACHED = "done", "skipped", "already there", "failed", "not reached"


@dataclass(slots=True)
class Report:
    """Filled while a run goes on; what it holds of a recording is a few hundred bytes."""

    plan: Plan
    only: Only = None
    """What was listened for."""
    outcomes: dict[Path, Outcome] = field(default_factory=dict)
    _started_s: float = field(default_factory=time.monotonic)

    def add(self, outcome: Outcome) -> None:
        self.outcomes[outcome.job.source] = outcome

    @property
    def failed(self) -> list[Path]:
        """The recordings that were asked for and are not done, but for those that a Ctrl-C spared."""
        failures = [failure.source for failure in self.plan.failures]
        return failures + [source for source, outcome in self.outcomes.items() if outcome.error is not None]

    @property
    def count(self) -> int:
        """Recordings that were asked for."""
        plan = self.plan
        return len(plan.failures) + len(plan.skipped) + len(plan.existing) + len(plan.jobs)

    def summary(self) -> str:
        """All in one line."""
        rows = list(self._rows())
        count = Counter(row["status"] for row in rows)
        took_s = time.monotonic() - self._started_s
        sound_s = sum(row["seconds"] for row in rows)
        statuses = (DONE, SKIPPED, THERE, FAILED, NOT_REACHED)
        counts = ", ".join(f"{count[name]:,} {name}" for name in statuses if count[name])
        line = f"{counts} in {in_words(took_s)}"
        if sound_s:
            notes, hits = (sum(row[name] for row in rows) for name in ("notes", "drum_hits"))
            events = events_in_words(notes, hits, self.only)
            line += f": {events} in {in_words(sound_s)} of sound, {sound_s / took_s:.1f} times real time"
        return line

    def failures(self) -> Iterator[str]:
        """Lines that name what failed, the first of them if they are many."""
        failed = self.failed
        if failed:
            yield f"{len(failed)} of {self.count} failed:"
            yield from (f"    {name_of(path)}" for path in failed[:_LISTED])
        if len(failed) > _LISTED:
            yield f"    and {len(failed) - _LISTED} more; --report FILE.json lists them all"

    def to_json(self) -> bytes:
        """One object; its `files` holds one for each recording, with the same keys whatever became of it."""
        rows = list(self._rows())
        content = {
            "version": VERSION,
            "took_s": round(time.monotonic() - self._started_s, 3),
            "counts": dict(Counter(row["status"] for row in rows)),
            "files": rows,
        }
        return (json.dumps(content, indent=1) + "\n").encode("ascii")

    def _rows(self) -> Iterator[dict[str, Any]]:
        for failure in self.plan.failures:
            yield _row(failure.source, FAILED, error=failure.reason)
        for job in self.plan.skipped:
            yield _row(job.source, SKIPPED, job)
        for job in self.plan.existing:
            yield _row(job.source, THERE, job)
        for job in self.plan.jobs:
            outcome = self.outcomes.get(job.source)
            if outcome is None:
                yield _row(job.source, NOT_REACHED, job)
            elif outcome.error is not None:
                yield _row(job.source, FAILED, job, outcome, outcome.error)
            else:
                yield _row(job.source, DONE, job, outcome)


def events_in_words(notes: int, drum_hits: int, only: Only) -> str:
    """How much was found of what was asked for."""
    words = [] if only == "drums" else [_counted(notes, "note", "no notes")]
    words += [] if only == "notes" else [_counted(drum_hits, "drum hit", "no drums")]
    return " and ".join(words)


def _counted(count: int, name: str, nothing: str) -> str:
    return f"{count:,} {name}{'s' if count != 1 else ''}" if count else nothing


def _row(
    source: Path, status: str, job: Job | None = None, outcome: Outcome | None = None, error: str | None = None
) -> dict[str, Any]:
    return {
        "source": name_of(source),
        "status": status,
        "results": [] if job is None or status == FAILED else [str(target) for target in job.targets],
        "seconds": round(outcome.duration_s, 3) if outcome else 0.0,
        "notes": outcome.note_count if outcome else 0,
        "drum_hits": outcome.drum_hit_count if outcome else 0,
        "took_s": round(outcome.took_s, 3) if outcome else 0.0,
        "warnings": list(outcome.warnings) if outcome else [],
        "error": error,
    }
