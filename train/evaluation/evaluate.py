"""Evaluate a transcriber on labelled recordings: those of a folder, or of a public data set.

`evaluate` runs any callable from path to Transcription; `sweep` runs the slow part once per recording and the
decoding once per setting, so that thresholds are compared over their whole range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mp3tomidi.train.datasets.public.left_out import leave_out
from mp3tomidi.train.datasets.recordings import Recording, class_times, find_recordings, note_rows
from mp3tomidi.train.evaluation.note_scores import Rows, score_drums, score_notes
from mp3tomidi.train.evaluation.report import RecordingScore, Report
from mp3tomidi.transcribe.errors import LabelsError, Mp3toMidiError
from mp3tomidi.transcribe.events import Transcription

Source = Path | Sequence[Recording]  # a folder (layout: `datasets.recordings`), or what a reader of a data set yields
Progress = Callable[[int, int, str], None]  # recordings done, recordings in all, name of the last one
Activations = TypeVar("Activations")
Setting = TypeVar("Setting")


def evaluate(
    source: Source, transcribe: Callable[[Path], Transcription], *, progress: Progress | None = None
) -> Report:
    """Transcribes and scores every recording whose notes or drums are labelled.

    A recording that fails with one of the project's errors counts as nothing transcribed, and the report names it.
    Labels of a data set that cannot be read are named and left out.

    Parameters
    ----------
    source
        A folder (layout: `datasets.recordings`), or what a reader of a data set yields.
    transcribe
        Any callable from the path of a recording to its Transcription.
    progress
        Is called after each recording with how many are done, how many there are, and its name.

    Raises
    ------
    LabelsError
        Where labels of a folder cannot be read or have no recording, or where there is nothing to score.
    """

    def decode(transcription: Transcription, _: None) -> Transcription:
        return transcription

    return sweep(source, transcribe, decode, {"": None}, progress=progress)[""]


def sweep(
    source: Source,
    analyse: Callable[[Path], Activations],
    decode: Callable[[Activations, Setting], Transcription],
    settings: Mapping[str, Setting],
    *,
    notes_only: bool = False,
    progress: Progress | None = None,
) -> dict[str, Report]:
    """Score every setting (name -> whatever `decode` takes), with `analyse` called once per recording.

    Only one recording's activations are held at a time. `notes_only` leaves out recordings without note labels.
    Errors as in `evaluate`.
    """
    scores: dict[str, list[RecordingScore]] = {name: [] for name in settings}
    labelled = _read_labels(source, notes_only)  # all of them, so that a bad file shows before the slow part
    for done, (recording, labels) in enumerate(labelled, start=1):
        for name, score in _each_setting(recording, labels, analyse, decode, settings):
            scores[name].append(score)
        if progress:
            progress(done, len(labelled), f"{recording.set_name}/{recording.name}")
    return {name: Report(tuple(of_setting)) for name, of_setting in scores.items()}


@dataclass(frozen=True)
class _Labels:
    notes: Rows | None
    drums: Mapping[str, Sequence[float]] | None

    @classmethod
    def read(cls, recording: Recording) -> _Labels:
        return cls(
            notes=note_rows(recording.notes()) if recording.notes else None,
            drums=class_times(recording.drums()) if recording.drums else None,
        )


def _read_labels(source: Source, notes_only: bool) -> list[tuple[Recording, _Labels]]:
    """Recordings that can be scored, with their labels; errors as in `evaluate`."""
    recordings = find_recordings(source) if isinstance(source, Path) else source
    labelled = []
    for recording in recordings:
        if not recording.notes and (notes_only or not recording.drums):
            continue
        try:
            labelled.append((recording, _Labels.read(recording)))
        except LabelsError as error:
            if isinstance(source, Path):
                raise
            leave_out(recording.sound, str(error))
    if not labelled and not isinstance(source, Path):
        raise LabelsError("none of the recordings has labels of notes or drums that can be read")
    return labelled


def _each_setting(
    recording: Recording,
    labels: _Labels,
    analyse: Callable[[Path], Activations],
    decode: Callable[[Activations, Setting], Transcription],
    settings: Mapping[str, Setting],
) -> Iterator[tuple[str, RecordingScore]]:
    nothing = Transcription(duration_s=0.0)
    try:
        activations = analyse(recording.sound)
    except Mp3toMidiError as error:
        for name in settings:
            yield name, _score(recording, labels, nothing, str(error))
        return
    for name, setting in settings.items():
        yield name, _score(recording, labels, decode(activations, setting))


def _score(recording: Recording, labels: _Labels, transcription: Transcription, error: str = "") -> RecordingScore:
    return RecordingScore(
        name=recording.name,
        set_name=recording.set_name,
        duration_s=transcription.duration_s,
        note_count=len(transcription.notes),
        drum_hit_count=len(transcription.drum_hits),
        notes=score_notes(labels.notes, transcription) if labels.notes is not None else None,
        drums=score_drums(labels.drums, transcription) if labels.drums is not None else None,
        error=error,
    )
