"""The command lines with a stand-in for the networks: what it hears is written in the file's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import mido

from mp3tomidi.transcribe.errors import AudioError, DeviceError
from mp3tomidi.transcribe.events import DrumHit, MetreChange, Note, TempoChange, Transcription
from mp3tomidi.transcribe.program import cli, drums_cli


class FakeTranscriber:
    made: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, **options: Any) -> None:
        if options.get("device") == "cuda:9":
            raise DeviceError("there is no device cuda:9; use --device cpu")
        self.made.append(options)

    def transcribe(self, path: Path) -> Transcription:
        print("a library's greeting")
        if "broken" in path.name:
            raise AudioError(f"cannot decode {path}: it is not sound")
        if "bug" in path.name:
            raise ZeroDivisionError("division\nby zero")
        if "interrupt" in path.name:
            raise KeyboardInterrupt
        if "silence" in path.name:
            return Transcription(duration_s=1.0)
        if "barred" in path.name:
            tempo, metre = (TempoChange(0.0, 120.0),), (MetreChange(0.5, 3, 8),)
            return Transcription(notes=(Note(0.5, 1.0, 60, 64),), tempo=tempo, metre=metre, duration_s=2.0)
        return self.heard()

    def heard(self) -> Transcription:
        hits = (DrumHit(0.5, 36, 64),) if self.made[-1]["drums"] else ()
        return Transcription(notes=(Note(0.5, 1.0, 60, 64),), drum_hits=hits, duration_s=1.0)


class FakeDrumTranscriber(FakeTranscriber):
    def heard(self) -> Transcription:
        return Transcription(drum_hits=(DrumHit(0.5, 36, 64),), duration_s=1.0)


class Command(NamedTuple):
    name: str
    main: Callable[[Sequence[str] | None], int]
    one: str  # how what the stand-in hears is counted
    nothing: str


COMMANDS = (
    Command("mp3tomidi", cli.main, "1 note and 1 drum hit", "no notes and no drums"),
    Command("mp3tomidi-drums", drums_cli.main, "1 drum hit", "no drums"),
)


def midi_files(folder: Path) -> list[str]:
    """All that is in a folder and is no recording: results and what may be left of them."""
    recordings = {".mp3", ".wav", ".flac"}
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in recordings)
    return sorted(str(path.relative_to(folder)) for path in files)


def channels(file: mido.MidiFile) -> list[int]:
    """Of each note and drum hit."""
    return [message.channel for track in file.tracks for message in track if message.type == "note_on"]
