"""Bends and the pitch of the lead line, computed for one recording in the helper's process."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from mp3tomidi.serve import heard_file
from mp3tomidi.serve.document import Settings
from mp3tomidi.serve.folder import RecordingFolder
from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.notes.melody import PitchTrack
from mp3tomidi.transcribe.outputs import json as json_writer
from mp3tomidi.transcribe.transcriber import Heard, with_pitch_track, with_sound


def follow_pitch(path: Path) -> None:
    """Write `RecordingFolder.pitch_track`. Raises AudioError, OSError, KeyError and ValueError."""
    folder = RecordingFolder(path)
    heard = with_pitch_track(heard_file.read(Heard, folder.heard), _sound(folder))
    assert heard.melody is not None
    heard_file.write(heard.melody, folder.pitch_track)


def bend(path: Path, given: dict[str, Any]) -> None:
    """Write `RecordingFolder.bent` for some settings; for a melody `follow_pitch` must have been called before.

    Raises AudioError, OSError, KeyError and ValueError.
    """
    folder, settings = RecordingFolder(path), Settings.of(given)
    heard = with_sound(heard_file.read(Heard, folder.heard), _sound(folder))
    if settings.melody:
        heard = replace(heard, melody=heard_file.read(PitchTrack, folder.pitch_track))
    events = _transcriber().events(heard, settings.thresholds, settings.drum_thresholds)
    json_writer.write(events, folder.bent(settings))


def _sound(folder: RecordingFolder) -> MonoSound:
    return MonoSound.of_source(folder.original, _transcriber().sample_rate)


@cache
def _transcriber() -> Transcriber:
    """Bends and marks the notes of what holds a sound and a pitch track."""
    return Transcriber(bends=True, melody=True)
