"""Bends and the pitch of the lead line, computed for one recording in the helper's process."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from mp3tomidi.serve import analysis_file
from mp3tomidi.serve.document import Settings
from mp3tomidi.serve.folder import RecordingFolder
from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.notes.melody import PitchTrack
from mp3tomidi.transcribe.outputs import json as json_writer
from mp3tomidi.transcribe.transcriber import Analysis, with_pitch_track, with_sound


def follow_pitch(path: Path) -> None:
    """Write `RecordingFolder.pitch_track`. Raises AudioError, OSError, KeyError and ValueError."""
    folder = RecordingFolder(path)
    analysis = with_pitch_track(analysis_file.read(Analysis, folder.analysis), _sound(folder))
    assert analysis.melody is not None
    analysis_file.write(analysis.melody, folder.pitch_track)


def bend(path: Path, given: dict[str, Any]) -> None:
    """Write `RecordingFolder.bent` for some settings; for a melody `follow_pitch` must have been called before.

    Raises AudioError, OSError, KeyError and ValueError.
    """
    folder, settings = RecordingFolder(path), Settings.of(given)
    analysis = with_sound(analysis_file.read(Analysis, folder.analysis), _sound(folder))
    if settings.melody:
        analysis = replace(analysis, melody=analysis_file.read(PitchTrack, folder.pitch_track))
    events = _transcriber().events(analysis, settings.thresholds, settings.drum_thresholds)
    json_writer.write_exactly(events, folder.bent(settings))


def _sound(folder: RecordingFolder) -> MonoSound:
    return MonoSound.of_source(folder.original, _transcriber().sample_rate)


@cache
def _transcriber() -> Transcriber:
    """Bends and marks the notes of what holds a sound and a pitch track."""
    return Transcriber(bends=True, melody=True)
