"""The command lines: where results go, what is wrong usage, and what reaches the API."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType

import mido
import pytest

from mp3tomidi.transcribe.classify.effect_amounts import EffectReader
from mp3tomidi.transcribe.events import EffectAmounts
from mp3tomidi.transcribe.notes.thresholds import Thresholds
from mp3tomidi.transcribe.outputs import json
from mp3tomidi.transcribe.program import cli, drums_cli

from .commands import COMMANDS, Command, FakeTranscriber, channels, midi_files

pytestmark = pytest.mark.usefixtures("stand_in")


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
    assert bug.startswith(f"{command.name}: bug.mp3: unexpected ZeroDivisionError: division by zero (commands.py")
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
        *(["song.mp3", f"--tempo={tempo}"] for tempo in ("fast", "0", "-96", "nan", "2000", "120-90", "90-", "0-90")),
        *(["song.mp3", f"--metre={metre}"] for metre in ("9/8", "waltz", "3", "4/4/4")),
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


@pytest.mark.parametrize("command", [cli, drums_cli])
def test_what_is_known_of_beats_reaches_the_api(here: Path, command: ModuleType) -> None:
    assert command.main(["song.mp3", "--tempo", "90-140.5", "--metre", "6/8"]) == 0
    (made,) = FakeTranscriber.made
    assert (made["beats_per_minute"], made["metre"]) == ((90.0, 140.5), "6/8")


@pytest.mark.parametrize("command", [cli, drums_cli])
def test_beats_that_are_given_stand_in_the_file(here: Path, command: ModuleType) -> None:
    Path("song.beats").write_text("0.25 1\n0.75 2\n1.25 3\n1.75 1\n")
    assert command.main(["song.mp3", "--beats", "song.beats"]) == 0
    tempos = [m for m in mido.MidiFile("song.mid").tracks[0] if m.type == "set_tempo"]
    assert {round(mido.tempo2bpm(tempo.tempo)) for tempo in tempos} >= {120}
    signatures = [m for m in mido.MidiFile("song.mid").tracks[0] if m.type == "time_signature"]
    assert (signatures[-1].numerator, signatures[-1].denominator) == (3, 4)


@pytest.mark.parametrize("more", [["--tempo", "90"], ["--metre", "3/4"], ["other.mp3"]])
def test_beats_are_given_of_one_recording_and_say_all(
    here: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    Path("song.beats").write_text("0.5\n1.0\n")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["song.mp3", *more, "--beats", "song.beats"])
    assert "--beats" in capsys.readouterr().err


def test_model_and_instruments_reach_the_api(here: Path) -> None:
    arguments = ["--model", "best", "--instruments", "Piano, bass", "--single-track", "--no-pedal", "--melody"]
    assert cli.main(["song.mp3", *arguments]) == 0
    expected = {"model": "best", "instruments": ("piano", "bass"), "single_track": True, "pedal": False}
    expected["melody"] = True
    assert FakeTranscriber.made == [{**expected, "thresholds": Thresholds(), "drums": True}]


def test_effects_are_estimated_and_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def estimated(self: EffectReader, source: Path) -> EffectAmounts:
        assert source == Path("song.mp3")
        return EffectAmounts(reverb=1.0, chorus=0.0, low_pass=0.5)

    monkeypatch.setattr(EffectReader, "__init__", lambda self: None)
    monkeypatch.setattr(EffectReader, "__call__", estimated)
    assert cli.main(["song.mp3", "--effects", "--format", "mid,json"]) == 0
    assert json.read("song.json").effects == EffectAmounts(1.0, 0.0, 0.5)
    messages = [message for track in mido.MidiFile("song.mid").tracks for message in track]
    controls = {message.control: message.value for message in messages if message.type == "control_change"}
    assert controls == {91: 127, 93: 0, 74: 32}


@pytest.mark.parametrize(
    "arguments",
    [["song.mp3", "--bends"], ["--bends", "song.mp3"], ["--bends", "Plain", "song.mp3"], ["song.mp3", "--bends=mpe"]],
)
def test_bends_may_stand_before_the_recording_and_need_no_mode(here: Path, arguments: list[str]) -> None:
    assert cli.main(arguments) == 0
    assert [options["bends"] for options in FakeTranscriber.made] == [True]


def test_a_misspelt_way_to_bend_is_answered_with_the_nearest(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["song.mp3", "--bends", "mep"])
    assert "'mep' is no way to bend notes, did you mean mpe?" in capsys.readouterr().err


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
        ["--only", "drums", "--bends"],
        ["--effects", "--format", "csv"],
        ["--effects", "--format", "csv,musicxml", "--picture"],
        ["--effects", "-o", "x.csv"],
        ["--bends", "--format", "csv"],
        ["--bends", "mpe", "--format", "csv,musicxml,npz"],
        ["--bends", "-o", "x.csv"],
        ["--only", "drums", "--melody"],
        ["--only", "drums", "--effects"],
        ["--bends", "down"],
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


@pytest.mark.parametrize(
    ("option", "holding"), [("--bends", "mid, json, picture, sound and mix"), ("--effects", "mid and json")]
)
def test_what_only_some_formats_hold_names_these(
    here: Path, capsys: pytest.CaptureFixture[str], option: str, holding: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["song.mp3", option, "--format", "csv"])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"mp3tomidi: {option} is written to {holding} only: ")


@pytest.mark.parametrize("format", ["mid", "json", "picture", "sound", "mix"])
def test_one_format_that_holds_bends_is_enough(here: Path, format: str) -> None:
    cli.main(["song.mp3", "--format", f"csv,{format}", "-o", "out", "--bends"])
    assert FakeTranscriber.made[-1]["bends"] is True


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
    assert "--align moves all events, and picture shows it with the recording" in capsys.readouterr().err
