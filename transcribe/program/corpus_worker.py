"""From recordings on this machine or at addresses to their results there, and what became of each: an actor's work."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.transcribe.errors import Mp3toMidiError, explain
from mp3tomidi.transcribe.program.batch import Job
from mp3tomidi.transcribe.program.corpus import EVENTS, CorpusJob, place_below
from mp3tomidi.transcribe.program.corpus_files import fetch, is_url, put
from mp3tomidi.transcribe.program.report import DONE, FAILED
from mp3tomidi.transcribe.program.worker import Outcome, Request, Worker

if TYPE_CHECKING:
    from mp3tomidi.transcribe.events import Transcription

Row = dict[str, Any]
"""What became of a recording: a row of the manifest, with the keys of `mp3tomidi --report`'s files."""


class CorpusWorker:
    """Loads the networks once, then does any number of jobs.

    parquet: the folder (path or address) whose sub-folder `events` gets the events of all jobs that are done together,
    as one Parquet file, instead of a file for each result. Raises WeightsError and DeviceError, as Worker does.
    """

    def __init__(self, request: Request, parquet: str | None = None) -> None:
        self._worker = Worker(request)
        self._parquet = parquet

    def do(self, job: CorpusJob, /) -> Row:
        return self.do_all([job])[0]

    def do_all(self, jobs: Sequence[CorpusJob], /) -> list[Row]:
        """The rows of all jobs: only KeyboardInterrupt and the like pass."""
        if self._parquet is None:
            return [self._do_one(job)[0] for job in jobs]
        done = [self._do_one(job) for job in jobs]
        transcribed = [(row["source"], transcription) for row, transcription in done if transcription is not None]
        rows = [row for row, _ in done]
        if not transcribed:
            return rows
        try:
            part = self._write_events(transcribed)
        except Exception as error:
            return [row if row["status"] == FAILED else _failed(row["source"], explain(error)) for row in rows]
        return [row if row["status"] == FAILED else row | {"results": [part]} for row in rows]

    def _do_one(self, job: CorpusJob) -> tuple[Row, Transcription | None]:
        try:
            with tempfile.TemporaryDirectory(prefix="mp3tomidi-") as folder:
                return self._do_in(Path(folder), job)
        except Mp3toMidiError as error:
            return _failed(job.source, str(error)), None
        except Exception as error:
            return _failed(job.source, f"{job.source}: {explain(error)}"), None

    def _do_in(self, folder: Path, job: CorpusJob) -> tuple[Row, Transcription | None]:
        """`folder` holds what comes from addresses or goes there."""
        source = Path(job.source)
        if is_url(job.source):
            source = folder / "in" / job.source.rpartition("/")[2]
            source.parent.mkdir()
            fetch(job.source, source)
        if self._parquet is not None:
            outcome, transcription = self._worker.transcribe(Job(source, None))
            return row_of(outcome, source, job), transcription
        places = [folder / "out" / place.rpartition("/")[2] if is_url(place) else Path(place) for place in job.results]
        kept = frozenset(place for place, result in zip(places, job.results, strict=True) if result in job.kept)
        outcome = self._worker.do(Job(source, places[0], tuple(places[1:]), kept))
        if outcome.error is None:
            for place, result in zip(places, job.results, strict=True):
                if is_url(result) and result not in job.kept:
                    put(place, result)
        return row_of(outcome, source, job), None

    def _write_events(self, transcribed: list[tuple[str, Transcription]]) -> str:
        """Writes the events of several recordings as one file, named by these; returns where. Raises OutputError."""
        from mp3tomidi.transcribe.outputs import parquet

        assert self._parquet is not None
        name = hashlib.sha256(
            "\n".join(source for source, _ in transcribed).encode(errors="surrogateescape")
        ).hexdigest()[:24]
        place = place_below(self._parquet, f"{EVENTS}/{name}.parquet")
        if not is_url(place):
            parquet.write(transcribed, Path(place))
            return place
        with tempfile.TemporaryDirectory(prefix="mp3tomidi-") as folder:
            file = Path(folder, f"{name}.parquet")
            parquet.write(transcribed, file)
            put(file, place)
        return place


def died(job: CorpusJob, of: str) -> Row:
    """The row of a job that its actors died of."""
    return _failed(job.source, f"{job.source}: the process that transcribed it died ({of})")


def row_of(outcome: Outcome, file: Path, job: CorpusJob) -> Row:
    """The row of an outcome, in which the recording is called as its user calls it."""

    def known(text: str) -> str:
        return text.replace(str(file), job.source)

    if outcome.error is not None:
        return _failed(job.source, known(outcome.error), tuple(map(known, outcome.warnings)))
    return {
        "source": job.source,
        "status": DONE,
        "results": list(job.results),
        "seconds": round(outcome.duration_s, 3),
        "notes": outcome.note_count,
        "drum_hits": outcome.drum_hit_count,
        "took_s": round(outcome.took_s, 3),
        "warnings": [known(warning) for warning in outcome.warnings],
        "error": None,
    }


def _failed(source: str, error: str, warnings: Sequence[str] = ()) -> Row:
    nothing = Outcome(Job(Path(source), None), warnings=tuple(warnings))
    return row_of(replace(nothing, error=None), Path(source), CorpusJob(source)) | {"status": FAILED, "error": error}
