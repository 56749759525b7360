"""The command lines with several formats: which files they write, and what they need."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.program import cli

from .commands import Command, FakeTranscriber, midi_files

pytestmark = pytest.mark.usefixtures("stand_in")

NO_SCORE = f"musicxml (a score) needs the package partitura: {install_command('mp3tomidi[score]')}"


def without_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a plain install: what only some formats need is not there."""
    monkeypatch.setattr("mp3tomidi.transcribe.outputs.formats.find_spec", lambda _: None)


def test_formats_lie_beside_each_other_under_one_name(
    here: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["song.mp3", "--format", "csv,mid, JSON,csv"]) == 0
    assert midi_files(here) == ["song.csv", "song.json", "song.mid"]
    assert f"song.mp3 -> song.csv, song.mid, song.json: {command.one}" in capsys.readouterr().err
    Path("song.csv").unlink()
    written = Path("song.json").stat().st_mtime_ns
    assert command.main(["song.mp3", "--format", "csv,json"]) == 0
    said = capsys.readouterr().err
    assert "song.json exists already: kept; --overwrite replaces it" in said
    assert f"song.mp3 -> song.csv: {command.one}" in said
    assert midi_files(here) == ["song.csv", "song.json", "song.mid"]
    assert Path("song.json").stat().st_mtime_ns == written
    assert command.main(["song.mp3", "--format", "csv,json"]) == 1
    assert "song.csv, song.json exist already: --overwrite replaces them" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-o", "x.csv"], ["x.csv"]),
        (["-o", "x.onsets.txt"], ["x.onsets.txt"]),
        (["-o", "x.midi", "--format", "json,mid"], ["x.json", "x.midi"]),
        (["-o", "out", "--format", "onsets,csv"], ["out/song.csv", "out/song.onsets.txt"]),
    ],
)
def test_the_format_may_be_told_by_the_output_and_the_output_by_the_format(
    here: Path, command: Command, arguments: list[str], expected: list[str]
) -> None:
    assert command.main(["song.mp3", *arguments]) == 0
    assert midi_files(here) == expected


def test_a_format_of_text_goes_to_standard_output(
    here: Path, command: Command, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert command.main(["song.mp3", "-o", "-", "--format", "onsets"]) == 0
    assert capsysbinary.readouterr().out == b"0.500000\n"


def test_sounds_come_with_the_midi_file_or_alone(here: Path, command: Command) -> None:
    assert command.main(["song.mp3", "--sound"]) == 0
    assert midi_files(here) == ["song.mid"]
    assert Path("song.notes.wav").stat().st_size > 80_000
    assert command.main(["song.mp3", "-o", "x.notes.wav"]) == 0
    assert Path("x.notes.wav").exists()
    assert midi_files(here) == ["song.mid"]


def test_what_is_missing_for_a_format_is_said_before_anything_slow(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["song.mp3", "--sound", "--soundfont", "none.sf2"]) == 1
    assert capsys.readouterr().err.startswith("mp3tomidi: cannot open the soundfont none.sf2")
    without_packages(monkeypatch)
    assert cli.main(["song.mp3", "--format", "musicxml", "--picture"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"mp3tomidi: {NO_SCORE}"
    assert not FakeTranscriber.made
    assert midi_files(here) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--format", "mid,json,csv,musicxml"], ["song.csv", "song.json", "song.mid"]),
        (["--format", "musicxml,json"], ["song.json"]),
        (["-o", "x.musicxml", "--format", "musicxml,json,mid"], ["x.json", "x.mid"]),
        (["-o", "out", "--format", "musicxml,mid"], ["out/song.mid"]),
    ],
)
def test_the_other_formats_are_written_then_it_is_said_what_is_missing_for_one(
    here: Path,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    expected: list[str],
) -> None:
    without_packages(monkeypatch)
    assert command.main(["song.mp3", *arguments]) == 1
    assert midi_files(here) == expected
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == f"{command.name}: not written: {NO_SCORE}"
    assert sum("partitura" in line for line in lines) == 1


def test_each_format_that_cannot_be_written_is_named_also_to_who_wants_quiet(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_packages(monkeypatch)
    monkeypatch.setenv("PATH", "")  # no fluidsynth
    Path("font.sf2").write_bytes(b"RIFF\0\0\0\0sfbk")
    asked = ["--format", "mid,musicxml", "--picture", "--sound", "--mix", "--soundfont", "font.sf2"]
    assert cli.main(["-q", "song.mp3", "other.wav", "-o", "out", *asked]) == 1
    assert midi_files(here) == ["font.sf2", "out/other.mid", "out/song.mid"]
    score, picture, player = (line for line in capsys.readouterr().err.splitlines() if "not written" in line)
    assert "partitura" in score
    assert "matplotlib" in picture
    assert "fluidsynth" in player


def test_sounds_that_a_run_wrote_are_no_recordings(here: Path, command: Command) -> None:
    ours = ("music/a.notes.wav", "music/a.mix.wav", "music/a.wav.notes.wav")
    for name in ("music/a.wav", "music/final.mix.wav", *ours):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    assert command.main(["music"]) == 0
    assert [name for name in midi_files(here) if name.endswith(".mid")] == ["music/a.mid", "music/final.mix.mid"]


def test_midi_is_another_name_of_mid(here: Path, command: Command) -> None:
    assert command.main(["song.mp3", "--format", "MIDI,mid,csv"]) == 0
    assert midi_files(here) == ["song.csv", "song.mid"]


@pytest.mark.parametrize(("word", "meant"), [("musicmxl", "musicxml"), ("jsn", "json"), ("midd", "mid"), ("qqq", None)])
def test_an_unknown_format_brings_the_one_that_was_meant(
    here: Path, capsys: pytest.CaptureFixture[str], word: str, meant: str | None
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["song.mp3", "--format", word])
    said = capsys.readouterr().err
    assert f"there is no format '{word}'" in said
    assert ("did you mean" in said) == (meant is not None)
    assert meant is None or f"did you mean {meant}?" in said


@pytest.mark.parametrize("output", ["out", "new/deep"])
def test_a_run_of_which_all_fails_leaves_no_folder(here: Path, command: Command, output: str) -> None:
    Path("broken.mp3").write_bytes(b"")
    assert command.main(["broken.mp3", "-o", output]) == 1
    assert not Path(output.split("/", maxsplit=1)[0]).exists()
    Path("kept").mkdir()
    assert command.main(["broken.mp3", "-o", "kept"]) == 1
    assert Path("kept").exists()  # it was there before
