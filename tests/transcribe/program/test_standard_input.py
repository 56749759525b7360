"""A recording on standard input, with a stand-in that writes down which file it is given."""

from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

import mp3tomidi.transcribe
from mp3tomidi.transcribe.errors import AudioError
from mp3tomidi.transcribe.events import Note, Transcription
from mp3tomidi.transcribe.program import cli, standard_input
from mp3tomidi.transcribe.program.standard_input import STANDARD_INPUT, in_a_file


class FakeTranscriber:
    """Hears as many notes as the file has bytes."""

    def __init__(self, **_: Any) -> None:
        pass

    def transcribe(self, path: Path) -> Transcription:
        count = len(path.read_bytes())
        if not count:
            raise AudioError(f"{path} is empty")
        return Transcription(notes=tuple(Note(i, i + 1, 60, 64) for i in range(count)), duration_s=count)


class Piped(io.TextIOWrapper):
    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(standard_input.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setitem(mp3tomidi.transcribe.__dict__, "Transcriber", FakeTranscriber)
    return tmp_path


@pytest.mark.parametrize(("arguments", "target"), [([], None), (["-o", "x.onsets.txt"], "x.onsets.txt")])
def test_what_comes_from_standard_input_goes_to_standard_output_or_where_it_is_told(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    arguments: list[str],
    target: str | None,
) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(b"abc"))
    assert cli.main(["-", "--format", "onsets", *arguments]) == 0
    written = capsysbinary.readouterr().out if target is None else Path(target).read_bytes()
    assert written == b"0.000000\n1.000000\n2.000000\n"
    assert [path.name for path in here.iterdir()] == ([] if target is None else [target])


def test_nothing_on_standard_input_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(b""))
    assert cli.main(["-"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "mp3tomidi: standard input is empty"


def test_warnings_name_standard_input_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def transcribe(_: FakeTranscriber, path: Path) -> Transcription:
        logging.getLogger("mp3tomidi").warning("%s ends early", path)
        return Transcription(duration_s=1.0)

    monkeypatch.setattr(FakeTranscriber, "transcribe", transcribe)
    monkeypatch.setattr(sys, "stdin", Piped(b"abc"))
    assert cli.main(["-", "-o", "x.mid"]) == 0
    assert capsys.readouterr().err.splitlines()[0] == "mp3tomidi: standard input ends early"


def test_what_is_said_when_all_went_well_names_it_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(b"abc"))
    assert cli.main(["-", "-o", "x.mid", "--report", "r.json"]) == 0
    assert capsys.readouterr().err.startswith("mp3tomidi: standard input -> x.mid: 3 notes")
    (row,) = json.loads(Path("r.json").read_bytes())["files"]
    assert row["source"] == "standard input"


def test_an_error_that_nobody_foresaw_names_it_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def transcribe(_: FakeTranscriber, path: Path) -> Transcription:
        raise RuntimeError(f"no idea what {path} is")

    monkeypatch.setattr(FakeTranscriber, "transcribe", transcribe)
    monkeypatch.setattr(sys, "stdin", Piped(b"abc"))
    assert cli.main(["-", "-o", "x.mid"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("mp3tomidi: standard input: ")
    assert "what standard input is" in line


def test_a_disk_too_full_to_hold_it_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdin", Piped(b"abc"))
    monkeypatch.setattr(standard_input.shutil, "copyfileobj", fill)
    with pytest.raises(AudioError, match=r"No space left on device.*TMPDIR"), in_a_file(STANDARD_INPUT):
        pass
    assert list(here.iterdir()) == []


class Terminal(Piped):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "arguments", "words"),
    [
        (Piped(b"abc"), ["-", "other.mp3"], "is transcribed by itself"),
        (Terminal(b""), ["-"], "nothing comes"),
        (None, ["-"], "nothing comes"),
        (Piped(b"abc"), ["-", "--picture"], "takes one result"),
    ],
)
def test_what_cannot_be_done_with_standard_input_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stream: Any, arguments: list[str], words: str
) -> None:
    monkeypatch.setattr(sys, "stdin", stream)
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
