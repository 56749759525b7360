"""Recordings classified on a Ray cluster, in the order in which they were named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mp3tomidi.transcribe.classify.classifier import Classification, Classifier
from mp3tomidi.transcribe.errors import Mp3toMidiError, explain
from mp3tomidi.transcribe.program.library_output import libraries_kept_quiet
from mp3tomidi.transcribe.program.ray_actors import Cluster, work_on_ray

_Job = tuple[int, Path]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The classification of a recording, or why there is none, in a line that names it."""

    number: int
    source: Path
    classification: Classification | None = None
    error: str | None = None


class Worker:
    """Loads the network once. Raises WeightsError and TaskError."""

    def __init__(self, task: str, weights: Path | None) -> None:
        with libraries_kept_quiet():
            self._classifier = Classifier(task, weights)

    def do(self, job: _Job, /) -> Outcome:
        number, source = job
        try:
            with libraries_kept_quiet():
                return Outcome(number, source, self._classifier.classify(source))
        except Exception as error:
            reason = explain(error)
            return Outcome(number, source, error=reason if isinstance(error, Mp3toMidiError) else f"{source}: {reason}")


def classified(sources: Sequence[Path], task: str, weights: Path | None, cluster: Cluster) -> Iterator[Outcome]:
    """The outcomes in the order of the sources; those that are early wait for their turn."""
    early: dict[int, Outcome] = {}
    turn = 0
    for outcome in work_on_ray(partial(Worker, task, weights), enumerate(sources), cluster, _died):
        early[outcome.number] = outcome
        while turn in early:
            yield early.pop(turn)
            turn += 1


def _died(job: _Job, of: str) -> Outcome:
    number, source = job
    return Outcome(number, source, error=f"{source}: the process that classified it died ({of})")
