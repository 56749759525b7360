"""From recordings to files, one after another, and what became of each: the work of one process.

Heavy packages are imported when a `Worker` is made, so that a new process can first say how many threads they get.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from mp3tomidi.transcribe.errors import Mp3toMidiError, OutputError, explain
from mp3tomidi.transcribe.outputs.formats import MPE, Format, Result, write
from mp3tomidi.transcribe.program.batch import Job
from mp3tomidi.transcribe.program.beat_remarks import remark_on_move, remarks_on_beats
from mp3tomidi.transcribe.program.library_output import libraries_kept_quiet
from mp3tomidi.transcribe.program.standard_input import as_known, in_a_file, name_of

if TYPE_CHECKING:
    from mp3tomidi.transcribe import Transcription
    from mp3tomidi.transcribe.classify.effect_amounts import EffectReader
    from mp3tomidi.transcribe.rhythm.beat_files import LabelledBeats

_log = logging.getLogger(__name__)

Only = Literal["notes", "drums"] | None
"""What is transcribed; None is for both."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for of every recording. None leaves the API's default, which stands in one place only."""

    formats: tuple[Format, ...]
    only: Only = None
    onset_threshold: float | None = None
    frame_threshold: float | None = None
    min_length_s: float | None = None
    min_pitch: int | None = None
    max_pitch: int | None = None
    device: str | None = None
    soundfont: Path | None = None
    beats_per_minute: float | tuple[float, float] | None = None
    model: str | None = None
    instruments: tuple[str, ...] | None = None
    single_track: bool | None = None
    melody: bool | None = None
    bends: str | None = None
    """One of BEND_MODES: notes bend, and how the MIDI file says so."""
    pedal: bool | None = None
    align: bool = False
    metre: str | None = None
    beats: LabelledBeats | None = None
    effects: bool | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job."""

    job: Job
    error: str | None = None
    """Why it failed, in one line that names the file; None if all is done."""
    warnings: tuple[str, ...] = ()
    """What a user should know of the recording, a line each."""
    duration_s: float = 0.0
    note_count: int = 0
    drum_hit_count: int = 0
    took_s: float = 0.0


def died(job: Job, of: str) -> Outcome:
    """The outcome of a job that its process died of."""
    return Outcome(job, f"{name_of(job.source)}: the process that transcribed it died ({of})")


class _AnyTranscriber(Protocol):
    """Either transcriber: an analysis is for the `decode` of the one that made it."""

    thresholds: Any

    def transcribe(self, source: Path) -> Transcription: ...

    def analyse(self, source: Path) -> Any: ...

    def decode(self, analysis: Any, thresholds: Any) -> Transcription: ...


class Worker:
    """Loads the networks once, then does any number of jobs.

    Raises WeightsError if the weights cannot be used, DeviceError if the device is not there.
    """

    def __init__(self, request: Request) -> None:
        self._formats, self._soundfont, self._align = request.formats, request.soundfont, request.align
        self._mpe = request.bends == MPE
        self._known = request.beats_per_minute, request.metre
        self._all_notes = request.min_pitch is request.max_pitch is request.min_length_s is None
        self._beats = request.beats
        self._effects: EffectReader | None = None
        with libraries_kept_quiet():
            from mp3tomidi.transcribe import DrumTranscriber, Thresholds, Transcriber

            given = _given(device=request.device, beats_per_minute=request.beats_per_minute, metre=request.metre)
            self._transcriber: _AnyTranscriber
            if request.only == "drums":
                self._transcriber = DrumTranscriber(**given)
            else:
                thresholds = Thresholds(
                    **_given(
                        onset=request.onset_threshold,
                        frame=request.frame_threshold,
                        min_length_s=request.min_length_s,
                        min_pitch=request.min_pitch,
                        max_pitch=request.max_pitch,
                    )
                )
                given |= _given(
                    model=request.model,
                    instruments=request.instruments,
                    single_track=request.single_track,
                )
                given |= _given(melody=request.melody, bends=request.bends and True, pedal=request.pedal)
                if request.effects:
                    from mp3tomidi.transcribe.classify.effect_amounts import EffectReader

                    self._effects = EffectReader()
                self._transcriber = Transcriber(thresholds=thresholds, drums=request.only is None, **given)

    def do(self, job: Job) -> Outcome:
        """Do a job, and say in the outcome what went wrong: only KeyboardInterrupt and the like pass."""
        return self._done(job, self._transcribe)[0]

    def transcribe(self, job: Job) -> tuple[Outcome, Transcription | None]:
        """Transcribe a recording and write nothing; as `do`, and with the transcription if nothing went wrong."""
        return self._done(job, lambda _, source: self._transcribed(source)[0])

    def _done(self, job: Job, work: Callable[[Job, Path], Transcription]) -> tuple[Outcome, Transcription | None]:
        started_s = time.monotonic()
        file = job.source
        with logged_warnings() as logged:
            try:
                with in_a_file(job.source) as file:
                    transcription = work(job, file)
            except Exception as error:
                reason = as_known(explain(error), file, job.source)
                if not isinstance(error, Mp3toMidiError):
                    reason = f"{name_of(job.source)}: {reason}"
                warnings = _once(logged, file, job.source)
                return Outcome(job, reason, warnings, took_s=time.monotonic() - started_s), None
        outcome = Outcome(
            job,
            warnings=_once(logged, file, job.source),
            duration_s=transcription.duration_s,
            note_count=len(transcription.notes),
            drum_hit_count=len(transcription.drum_hits),
            took_s=time.monotonic() - started_s,
        )
        return outcome, transcription

    def _transcribe(self, job: Job, source: Path) -> Transcription:
        transcription, analysis = self._transcribed(source)
        result = Result(source, transcription, analysis, self._soundfont, mpe=self._mpe)
        if job.target is None:
            try:
                write(result, self._formats, [sys.stdout.buffer])
            except OutputError:
                _forget_standard_output()
                raise
        else:
            from mp3tomidi.transcribe.outputs.files import make_folder

            make_folder(job.target.parent)
            wanted = [pair for pair in zip(self._formats, job.targets, strict=True) if pair[1] not in job.kept]
            with libraries_kept_quiet():
                write(result, [format for format, _ in wanted], [target for _, target in wanted])
        return transcription

    def _transcribed(self, source: Path) -> tuple[Transcription, Any]:
        """The transcription as it was requested, and the analysis if a format needs that."""
        with libraries_kept_quiet():
            analysis = None
            if any(format.needs_analysis for format in self._formats):
                analysis = self._transcriber.analyse(source)
                transcription = self._transcriber.decode(analysis, self._transcriber.thresholds)
            else:
                transcription = self._transcriber.transcribe(source)
            if self._effects is not None:
                transcription = replace(transcription, effects=self._effects(source))
            if self._beats is not None:
                from mp3tomidi.transcribe.rhythm.tempo_map import with_labelled_beats

                transcription = with_labelled_beats(transcription, self._beats)
            for remark in remarks_on_beats(transcription, *self._known, all_notes=self._all_notes):
                _log.warning("%s: %s", source, remark)
            if self._align:
                from mp3tomidi.transcribe.outputs.alignment import aligned

                transcription, moved_s = aligned(transcription)
                _log.warning("%s: %s", source, remark_on_move(transcription, moved_s))
        return transcription, analysis


def _once(warnings: list[str], file: Path, source: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys(as_known(warning, file, source) for warning in warnings))


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _forget_standard_output() -> None:
    """Let nothing that could not be written be tried again, and complained of, when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def logged_warnings() -> Iterator[list[str]]:
    """The messages that the package logs in this thread, instead of on standard error."""
    messages: list[str] = []
    thread = threading.get_ident()

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                messages.append(record.getMessage())

    logger, collector = logging.getLogger("mp3tomidi"), Collector(logging.WARNING)
    logger.addHandler(collector)
    try:
        yield messages
    finally:
        logger.removeHandler(collector)
