"""The parts below the API: tempo by hand, hearings in files, the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.serve import analysis_file, cli
from mp3tomidi.serve.tempo_by_hand import set_by_hand
from mp3tomidi.transcribe import Audio, Transcriber, Transcription
from mp3tomidi.transcribe.outputs import midi
from mp3tomidi.transcribe.transcriber import Analysis


@pytest.mark.parametrize("beats_per_minute", [60.0, 97.3, 180.0])
@pytest.mark.parametrize("beats_per_bar", [3, 4])
@pytest.mark.parametrize("first_bar_s", [0.0, 0.004, 0.02, 0.3, 1.0, 2.345, 7.77])
def test_bars_begin_where_a_person_says(beats_per_minute: float, beats_per_bar: int, first_bar_s: float) -> None:
    tempo, metre = set_by_hand(beats_per_minute, first_bar_s, beats_per_bar)
    assert tempo[0].time_s == 0.0
    assert {tempo[0].beats_per_minute, tempo[-1].beats_per_minute} == {beats_per_minute}
    whole = Transcription(tempo=tempo, metre=metre, duration_s=60.0)
    beats_s, upbeats = midi.beat_times_s(whole)
    times_s = np.array(beats_s)
    bars_s = times_s[upbeats::beats_per_bar]
    # A first beat less than an eighth of a beat after 0 s begins with the file.
    reach_s = max(0.001, 60.0 / beats_per_minute / 8) if first_bar_s < 0.1 else 0.001
    assert np.abs(bars_s - first_bar_s).min() <= reach_s
    later = times_s[times_s > first_bar_s + 0.1]
    assert np.diff(later) == pytest.approx(60.0 / beats_per_minute, abs=1e-5)


def test_a_tempo_that_is_none_is_refused() -> None:
    for values in ((0.0, 1.0, 4), (120.0, -1.0, 4), (120.0, 1.0, 0), (120.0, 1.0, 4.5)):
        with pytest.raises(ValueError, match="must be"):
            set_by_hand(*values)  # type: ignore[arg-type]


@pytest.mark.parametrize("drums", [True, False])
def test_a_hearing_comes_back_from_its_file(tmp_path: Path, drums: bool) -> None:
    transcriber = Transcriber(drums=drums)
    sound = np.random.default_rng(1).normal(0.0, 0.1, 48_000).astype(np.float32)
    heard = transcriber.analyse(Audio(sound, 16_000))
    analysis_file.write(heard, tmp_path / "heard.npz")
    again = analysis_file.read(Analysis, tmp_path / "heard.npz")
    assert type(again) is type(heard)
    assert type(again.duration_s) is float
    assert (again.drums is None) is not drums
    np.testing.assert_array_equal(again.activations.onset, heard.activations.onset)
    np.testing.assert_array_equal(again.candidates.position_frames, heard.candidates.position_frames)
    assert transcriber.decode(again, transcriber.thresholds) == transcriber.decode(heard, transcriber.thresholds)


def run_entry(*arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
    hide = f"import sys; sys.modules[{without!r}] = None; " if without else "import sys; "
    code = f"{hide}sys.argv[0] = 'mp3tomidi'; from mp3tomidi.serve.entry import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_without_the_word_knows_nothing_of_the_page() -> None:
    code = """
import sys
sys.argv = ["mp3tomidi", "--help"]
from mp3tomidi.serve.entry import main
try:
    main()
except SystemExit as end:
    assert end.code == 0
assert not {"starlette", "uvicorn", "mp3tomidi.serve.cli", "sqlite3"} & sys.modules.keys()
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "mp3tomidi [-h]" in said.stdout


def test_a_recording_that_is_missing_is_still_named_by_the_command() -> None:
    said = run_entry("nothing.mp3")
    assert said.returncode == 1
    assert said.stderr.startswith("mp3tomidi: cannot open nothing.mp3")


def test_a_missing_extra_is_one_line() -> None:
    said = run_entry("serve", without="starlette")
    assert said.returncode == 1
    assert said.stderr.startswith("mp3tomidi serve: the page needs the extra serve: ")
    assert said.stderr.endswith('pip install "mp3tomidi[serve]"\n')


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--host", "0.0.0.0"], "--token makes them show a token"),
        (["--host", "0.0.0.0", "--token", "short"], "a token needs 16 signs"),
        (["--port", "70000"], "'70000' is not a port"),
        (["--jobs", "0"], "'0' is not a number from 1 to 16"),
        (["song.mp3"], "unrecognized arguments: song.mp3"),
    ],
)
def test_wrong_usage_is_one_line(
    options: list[str], complaint: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*options, "--folder", str(tmp_path)])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1


def test_a_folder_that_cannot_be_used_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert cli.main(["--port", "0", "--folder", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.startswith("mp3tomidi serve: cannot use the folder")
