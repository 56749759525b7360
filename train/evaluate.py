"""Evaluate a transcriber on a folder of labelled recordings.

`evaluate` runs any callable from path to Transcription; `sweep` runs the slow part once per recording and the
decoding once per setting, so that thresholds are compared over their whole range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mp3tomidi.augment.label_files import drums_tsv, notes_tsv
from mp3tomidi.train.datasets.recordings import Recording, find_recordings
from mp3tomidi.train.scores.report import RecordingScore, Report
from mp3tomidi.train.scores.scoring import Rows, score_drums, score_notes
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.events import Transcription

Progress = Callable[[int, int, str], None]  # recordings done, recordings in all, name of the last one
Activations = TypeVar("Activations")
Setting = TypeVar("Setting")


def evaluate(folder: Path, transcribe: Callable[[Path], Transcription], *, progress: Progress | None = None) -> Report:
    """Transcribe and score every labelled recording below a folder (layout: `datasets.recordings`).

    A recording that fails with one of the project's errors counts as nothing heard, and the report names it.
    Raises LabelsError where labels cannot be read or have no recording.
    """

    def decode(transcription: Transcription, _: None) -> Transcription:
        return transcription

    return sweep(folder, transcribe, decode, {"": None}, progress=progress)[""]


def sweep(
    folder: Path,
    hear: Callable[[Path], Activations],
    decode: Callable[[Activations, Setting], Transcription],
    settings: Mapping[str, Setting],
    *,
    notes_only: bool = False,
    progress: Progress | None = None,
) -> dict[str, Report]:
    """Score every setting (name -> whatever `decode` takes), with `hear` called once per recording.

    Only one recording's activations are held at a time. `notes_only` leaves out recordings without note labels.
    Errors as in `evaluate`.
    """
    scores: dict[str, list[RecordingScore]] = {name: [] for name in settings}
    recordings = [recording for recording in find_recordings(folder) if recording.notes or not notes_only]
    labels = {recording: _Labels.read(recording) for recording in recordings}  # a bad file shows before the slow part
    for done, recording in enumerate(recordings, start=1):
        for name, score in _each_setting(recording, labels[recording], hear, decode, settings):
            scores[name].append(score)
        if progress:
            progress(done, len(recordings), f"{recording.set_name}/{recording.name}")
    return {name: Report(tuple(of_setting)) for name, of_setting in scores.items()}


@dataclass(frozen=True)
class _Labels:
    notes: Rows | None
    drums: Mapping[str, Sequence[float]] | None

    @classmethod
    def read(cls, recording: Recording) -> _Labels:
        return cls(
            notes=notes_tsv.read_rows(recording.notes) if recording.notes else None,
            drums=drums_tsv.read_times(recording.drums) if recording.drums else None,
        )


def _each_setting(
    recording: Recording,
    labels: _Labels,
    hear: Callable[[Path], Activations],
    decode: Callable[[Activations, Setting], Transcription],
    settings: Mapping[str, Setting],
) -> Iterator[tuple[str, RecordingScore]]:
    nothing = Transcription(duration_s=0.0)
    try:
        activations = hear(recording.sound)
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
