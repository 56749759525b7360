"""The command lines, one after the other, in a folder with recordings that are empty files."""

from __future__ import annotations

from pathlib import Path

import pytest

import mp3tomidi.transcribe

from .commands import COMMANDS, Command, FakeDrumTranscriber, FakeTranscriber


@pytest.fixture(params=COMMANDS, ids=[command.name for command in COMMANDS])
def command(request: pytest.FixtureRequest) -> Command:
    return request.param


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    # Into the dictionary, because asking for the attribute would load the real one.
    monkeypatch.setitem(mp3tomidi.transcribe.__dict__, "Transcriber", FakeTranscriber)
    monkeypatch.setitem(mp3tomidi.transcribe.__dict__, "DrumTranscriber", FakeDrumTranscriber)
    monkeypatch.setattr(FakeTranscriber, "made", [])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("song.mp3", "other.wav", "broken.mp3", "bug.mp3", "interrupt.mp3", "silence.flac"):
        Path(name).touch()
    return tmp_path
