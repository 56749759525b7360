"""The command lines with a stand-in for the networks: what it hears is written in the file's name."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import mido
import pytest

import mp3tomidi.transcribe
from mp3tomidi.transcribe.errors import AudioError, DeviceError
from mp3tomidi.transcribe.events import DrumHit, MetreChange, Note, TempoChange, Transcription
from mp3tomidi.transcribe.notes.decoding import Thresholds
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


@pytest.fixture(params=COMMANDS, ids=[command.name for command in COMMANDS])
def command(request: pytest.FixtureRequest) -> Command:
    return request.param


@pytest.fixture(autouse=True)
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


def midi_files(folder: Path) -> list[str]:
    """All that is in a folder and is no recording: results and what may be left of them."""
    recordings = {".mp3", ".wav", ".flac"}
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in recordings)
    return sorted(str(path.relative_to(folder)) for path in files)


def channels(file: mido.MidiFile) -> list[int]:
    """Of each note and drum hit."""
    return [message.channel for track in file.tracks for message in track if message.type == "note_on"]


def test_the_midi_file_lies_beside_the_recording(
    here: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["song.mp3"]) == 0
    assert midi_files(here) == ["song.mid"]
    assert channels(mido.MidiFile("song.mid")) == [9] if command.main is drums_cli.main else [0, 9]
    out, err = capsys.readouterr()
    assert out == ""
    assert f"song.mp3 -> song.mid: {command.one} in 1.0 s" in err


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("x.mid", "x.mid"),
        ("new/x.MIDI", "new/x.MIDI"),
        ("new/deep", "new/deep/song.mid"),
        ("x.midi/", "x.midi"),
    ],
)
def test_out_is_a_file_by_its_suffix_and_else_a_folder(
    here: Path, command: Command, output: str, expected: str
) -> None:
    assert command.main(["song.mp3", "-o", output]) == 0
    assert midi_files(here) == [expected]


def test_a_minus_is_standard_output_and_nothing_else_goes_there(
    here: Path, command: Command, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert command.main(["song.mp3", "-o", "-"]) == 0
    out, err = capsysbinary.readouterr()
    assert channels(mido.MidiFile(file=io.BytesIO(out)))
    assert b"song.mp3 -> standard output" in err
    assert b"greeting" in err
    assert midi_files(here) == []


def test_in_a_batch_the_others_go_on_and_the_failed_ones_are_named(
    here: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["song.mp3", "broken.mp3", "missing.mp3", "bug.mp3", "other.wav"]
    assert command.main([*files, "-o", "out", "--jobs", "1"]) == 1
    assert midi_files(here) == ["out/other.mid", "out/song.mid"]
    lines = capsys.readouterr().err.splitlines()
    assert f"{command.name}: cannot decode broken.mp3: it is not sound" in lines
    assert lines[0] == f"{command.name}: cannot open missing.mp3: No such file or directory"
    (bug,) = [line for line in lines if "ZeroDivisionError" in line]
    assert bug.startswith(f"{command.name}: bug.mp3: unexpected ZeroDivisionError: division by zero (test_cli.py")
    assert lines[-4] == f"{command.name}: 3 of 5 failed:"
    assert {line.split()[-1] for line in lines[-3:]} == {"broken.mp3", "bug.mp3", "missing.mp3"}


@pytest.mark.parametrize("command", COMMANDS[:1], indirect=True)  # the way from options to a run is one for both
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.mp3"], "missing.mp3"),
        (["broken.mp3"], "broken.mp3"),
        (["bug.mp3"], "bug.mp3"),
        (["empty"], "empty"),
        (["song.mp3", "-o", "letter"], "cannot create the folder letter: a file is in its place"),
        (["song.mp3", "-o", "letter/below"], "letter/below"),
        (["song.mp3", "-o", "/dev/full"], "cannot create the folder /dev/full"),
        (["song.mp3", "-o", "full.mid", "--overwrite"], "cannot write full.mid: No space left on device"),
        (["song.mp3", "--report", "full.json"], "cannot write full.json: No space left on device"),
        (["song.mp3", "-o", "other.wav/x.mid"], "other.wav"),
        (["song.mp3", "-o", "folder.mid"], "folder.mid"),
        (["song.mp3", "--device", "cuda:9"], "cuda:9"),
        (["x" * 300 + ".mp3"], "File name too long"),
        (["x" * 300 + ".mp3", "-o", "x.mid"], "File name too long"),
        (["song.mp3", "-o", "x" * 300 + ".mid"], "File name too long"),
    ],
)
def test_a_failure_is_one_line_that_names_the_file_and_exit_status_1(
    here: Path, command: Command, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    Path("empty").mkdir()
    Path("folder.mid").mkdir()
    Path("letter").touch()
    for name in ("full.mid", "full.json"):
        Path(name).symlink_to("/dev/full")
    assert command.main(["--quiet", *arguments]) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "greeting" not in line]
    assert line.startswith(f"{command.name}: ")
    assert words in line
    assert midi_files(here) == ["letter"]


@pytest.mark.parametrize("command", COMMANDS[:1], indirect=True)
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--nonsense", "song.mp3"],
        ["song.mp3", "other.wav", "-o", "x.mid"],
        ["song.mp3", "other.wav", "-o", "-"],
        ["folder", "-o", "x.mid"],
        ["song.mp3", "--format", "mid,wrd"],
        ["song.mp3", "--format", ""],
        ["song.mp3", "--sound", "-o", "-"],
        ["song.mp3", "--soundfont", "x.sf2"],
        ["song.mp3", "--format", "mid,csv", "-o", "-"],
        ["song.mp3", "--format", "csv", "-o", "x.mid"],
        ["song.mp3", "-o", "out.mdi"],
        ["song.mp3", "-o", "other.wav"],
        ["song.mp3", "--jobs", "0"],
        ["song.mp3", "--jobs", "many"],
        ["song.mp3", "--overwrite", "--skip-existing"],
        ["song.mp3", "--report", "other.wav"],
        ["song.mp3", "--device", "tpu"],
        *(["song.mp3", f"--tempo={tempo}"] for tempo in ("fast", "0", "-96", "nan", "2000")),
        ["song.mp3", "-o", ""],
        [""],
        ["https://example.org/song.mp3"],
        ["song.mp3", "file:///song.mp3"],
    ],
)
def test_wrong_usage_is_exit_status_2_and_one_line(
    here: Path, command: Command, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder").mkdir()
    with pytest.raises(SystemExit) as stop:
        command.main(arguments)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{command.name}: ")
    assert line.endswith(f"; see {command.name} --help")
    assert midi_files(here) == []


@pytest.mark.parametrize("arguments", [[], ["song.mp3", "other.wav", "-o", "x.mid"], ["song.mp3", "--tempo", "fast"]])
def test_wrong_usage_of_either_program_is_said_in_its_own_name(
    here: Path, command: Command, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(arguments)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{command.name}: ")
    assert line.endswith(f"; see {command.name} --help")


def test_nothing_is_replaced_unless_told_so(here: Path, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("song.mid").write_bytes(b"old")
    assert command.main(["song.mp3"]) == 1
    assert Path("song.mid").read_bytes() == b"old"
    assert "--overwrite" in capsys.readouterr().err
    assert not FakeTranscriber.made  # found out before anything slow
    assert command.main(["song.mp3", "--overwrite"]) == 0
    assert Path("song.mid").read_bytes().startswith(b"MThd")


def test_options_that_are_not_given_leave_the_defaults_of_the_api(here: Path) -> None:
    assert cli.main(["song.mp3", "--tempo", "auto"]) == 0
    assert cli.main(["song.mp3", "--overwrite", "--onset-threshold", "0.25", "--device", "cuda", "--tempo", "133"]) == 0
    notes = ["--min-length", "0.1", "--min-pitch", "E1", "--max-pitch", "72"]
    assert cli.main(["song.mp3", "--overwrite", *notes]) == 0
    limits = Thresholds(min_length_s=0.1, min_pitch=28, max_pitch=72)
    assert FakeTranscriber.made.pop() == {"thresholds": limits, "drums": True}
    assert FakeTranscriber.made == [
        {"thresholds": Thresholds(), "drums": True},
        {"device": "cuda", "beats_per_minute": 133.0, "thresholds": Thresholds(onset=0.25), "drums": True},
    ]
    FakeTranscriber.made.clear()
    assert drums_cli.main(["song.mp3", "--overwrite"]) == 0
    assert drums_cli.main(["song.mp3", "--overwrite", "--device", "cuda", "--tempo", "96"]) == 0
    assert FakeTranscriber.made == [{}, {"device": "cuda", "beats_per_minute": 96.0}]


def test_model_and_instruments_reach_the_api(here: Path) -> None:
    arguments = ["--model", "best", "--instruments", "Piano, bass", "--single-track"]
    assert cli.main(["song.mp3", *arguments]) == 0
    expected = {"model": "best", "instruments": ("piano", "bass"), "single_track": True}
    assert FakeTranscriber.made == [{**expected, "thresholds": Thresholds(), "drums": True}]


def test_a_misspelt_instrument_is_answered_with_the_nearest(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["song.mp3", "--instruments", "bass,gitar"])
    assert "'gitar' is no family of instruments, did you mean guitar?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected", "said"),
    [
        (["--no-drums"], [0], "1 note in"),
        (["--only", "notes"], [0], "1 note in"),
        (["--only", "drums"], [9], "1 drum hit in"),
    ],
)
def test_notes_and_drums_come_together_or_alone(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: list[int], said: str
) -> None:
    assert cli.main(["song.mp3", *arguments]) == 0
    assert channels(mido.MidiFile("song.mid")) == expected
    assert f"song.mid: {said} 1.0 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--onset-threshold", "1.5"],
        ["--frame-threshold", "nan"],
        ["--frame-threshold", "high"],
        ["--only", "bass"],
        ["--only", "drums", "--no-drums"],
        ["--only", "drums", "--onset-threshold", "0.5"],
        ["--only", "drums", "--frame-threshold", "0.5"],
        ["--only", "drums", "--min-length", "0.1"],
        ["--only", "drums", "--max-pitch", "C4"],
        ["--min-length", "-1"],
        ["--min-length", "nan"],
        ["--min-length", "600"],
        ["--min-pitch", "H2"],
        ["--min-pitch", "128"],
        ["--min-pitch", "C5", "--max-pitch", "C4"],
        ["--min-pitch", "109"],
        ["--max-pitch", "G#0"],
        ["--only", "drums", "--model", "best"],
        ["--only", "drums", "--instruments", "bass"],
        ["--only", "drums", "--single-track"],
        ["--model", "huge"],
        ["--instruments", "pinao"],
        ["--instruments", ""],
        ["--only", "drums", "--format", "f0"],
        ["--only", "drums", "-o", "x.f0.csv"],
    ],
)
def test_what_is_wrong_with_options_on_notes_is_exit_status_2(here: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["song.mp3", *arguments])
    assert midi_files(here) == []


@pytest.mark.parametrize("arguments", [["--format", "mid,f0"], ["-o", "x.f0.csv"], ["--onset-threshold", "0.5"]])
def test_drums_have_no_melodies_or_thresholds(here: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        drums_cli.main(["song.mp3", *arguments])
    assert midi_files(here) == []


def test_what_the_other_command_wrote_is_not_replaced(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song.mp3", "-q"]) == 0
    notes = Path("song.mid").read_bytes()
    assert drums_cli.main(["song.mp3"]) == 1
    assert "mp3tomidi-drums: song.mid exists already: " in capsys.readouterr().err
    assert drums_cli.main(["song.mp3", "-o", "drums"]) == 0
    assert Path("song.mid").read_bytes() == notes
    assert channels(mido.MidiFile("drums/song.mid")) == [9]


def test_a_folder_is_mirrored_and_the_network_loaded_once(here: Path, command: Command) -> None:
    for name in ("music/a/song.mp3", "music/a/song.wav", "music/b.flac"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    assert command.main(["music", "-o", "out", "--quiet"]) == 0
    assert midi_files(here) == ["out/a/song.mp3.mid", "out/a/song.wav.mid", "out/b.mid"]
    assert len(FakeTranscriber.made) == 1


def test_silence_gives_a_valid_file_and_is_said(
    here: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["silence.flac"]) == 0
    assert mido.MidiFile("silence.mid").length == pytest.approx(1.0)
    assert command.nothing in capsys.readouterr().err


def test_an_interruption_is_130_and_what_was_finished_is_kept(
    here: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["song.mp3", "interrupt.mp3", "other.wav", "-q"]) == 130
    assert midi_files(here) == ["song.mid"]
    assert "interrupted" in capsys.readouterr().err.splitlines()[-1]


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
    monkeypatch.setattr("mp3tomidi.transcribe.outputs.formats.find_spec", lambda _: None)
    assert cli.main(["song.mp3", "--format", "mid,musicxml"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "mp3tomidi: musicxml (a score) needs the package partitura: pip install partitura"
    assert not FakeTranscriber.made
    assert midi_files(here) == []


def test_sounds_that_a_run_wrote_are_no_recordings(here: Path, command: Command) -> None:
    ours = ("music/a.notes.wav", "music/a.mix.wav", "music/a.wav.notes.wav")
    for name in ("music/a.wav", "music/final.mix.wav", *ours):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    assert command.main(["music"]) == 0
    assert [name for name in midi_files(here) if name.endswith(".mid")] == ["music/a.mid", "music/final.mix.mid"]


def test_aligned_bars_begin_with_the_file_and_the_move_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("barred.wav").touch()
    assert cli.main(["barred.wav", "--align"]) == 0
    assert "barred.wav: aligned: all is 0.500 s earlier than in the recording" in capsys.readouterr().err
    first = next(message for message in mido.MidiFile("barred.mid").tracks[1] if message.type == "note_on")
    assert first.time == 0
    assert cli.main(["song.mp3", "--align"]) == 0
    assert "song.mp3: not aligned, for no bars were found" in capsys.readouterr().err


def test_what_shows_the_recording_cannot_be_aligned(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["song.mp3", "--align", "--picture"])
    assert "--align moves what is heard, and picture shows it with the recording" in capsys.readouterr().err
