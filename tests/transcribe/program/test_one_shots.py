"""mp3tomidi-drums --one-shots as a producer calls it, on strokes of drum machines that no network was taught."""

import csv
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment.sources.drum_machines import DrumMachines
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.transcribe.program.drums_cli import main

NAMES = {36: "kick", 38: "snare", 42: "closed hi-hat", 49: "crash"}


@pytest.fixture(scope="module")
def strokes() -> dict[int, np.ndarray]:
    """The loudest strokes of the 909's kit that is kept back."""
    kit = next(kit for kit in DrumMachines().instruments() if kit.name == "machine-909/4")
    return {note.pitch: note.samples for note in kit.notes if note.pitch in NAMES}


@pytest.fixture
def samples(strokes: dict[int, np.ndarray], tmp_path: Path) -> Path:
    folder = tmp_path / "samples"
    (folder / "pack one").mkdir(parents=True)
    for key, sound in strokes.items():
        soundfile.write(folder / "pack one" / f"{key}.wav", sound, SAMPLE_RATE)
    soundfile.write(folder / "STEREO.FLAC", np.stack([strokes[36]] * 2, axis=1), 44100)  # two octaves higher, even
    (folder / "read me.txt").write_text("samples")
    (folder / ".hidden.wav").write_bytes(b"")
    return folder


def told(text: str) -> dict[str, str]:
    return {row["file"]: row["class"] for row in csv.DictReader(io.StringIO(text))}


def expected() -> dict[str, str]:
    return {f"pack one/{key}.wav": name for key, name in NAMES.items()}


def content(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_table_goes_to_standard_output(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--one-shots", str(samples)]) == 0
    captured = capsys.readouterr()
    found = told(captured.out)
    assert found.pop("STEREO.FLAC")
    assert found == expected()
    for row in csv.DictReader(io.StringIO(captured.out)):
        assert 0.0 < float(row["confidence"]) <= 1.0
        if row["file"].startswith("pack"):
            assert row["file"] == f"pack one/{row['key']}.wav"  # machines are played by the keys that are written
    assert "5 of 5 samples classified" in captured.err


def test_samples_are_copied_by_class_and_stay_where_they_are(samples: Path, tmp_path: Path) -> None:
    before = content(samples)
    out = tmp_path / "sorted"
    assert main([str(samples), "-o", str(out), "--one-shots", "--quiet"]) == 0
    assert content(samples) == before
    for name, drum in expected().items():
        copy = out / drum / name
        assert copy.read_bytes() == (samples / name).read_bytes()
        assert copy.stat().st_mtime == pytest.approx((samples / name).stat().st_mtime, abs=1.0)
    table = (out / "one-shots.csv").read_text(encoding="utf-8")
    assert expected().items() <= told(table).items()
    document = json.loads((out / "one-shots.json").read_text(encoding="utf-8"))
    assert document["format"] == "mp3tomidi one-shots"
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [{key: str(value) for key, value in one.items()} for one in document["samples"]] == [
        row | {"confidence": str(float(row["confidence"]))} for row in rows
    ]
    assert len(content(out)) == len(rows) + 2


def test_a_table_alone_may_be_asked_for(samples: Path, tmp_path: Path) -> None:
    assert main(["--one-shots", str(samples), "-o", str(tmp_path / "new" / "drums.json"), "-q"]) == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["drums.json"]


def test_nothing_is_replaced_and_what_was_interrupted_goes_on(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = samples / "sorted"  # within what is searched: its copies are no samples
    words = ["--one-shots", str(samples), "-o", str(out), "-q"]
    assert main(words) == 0
    done = content(out)
    capsys.readouterr()
    assert main(words) == 1
    assert "one-shots.csv exists already" in capsys.readouterr().err
    for table in out.glob("one-shots.*"):
        table.unlink()
    changed = out / "kick" / "pack one" / "36.wav"
    changed.write_bytes(b"mine")
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "36.wav exists already and is not" in error
    after = content(out)
    assert after.pop(changed.relative_to(out)) == b"mine"
    assert after.items() <= done.items()


def test_a_bad_sample_is_one_line_and_the_others_are_told(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (samples / "empty.wav").write_bytes(b"")
    (samples / "text.mp3").write_text("no sound")
    soundfile.write(samples / "silent.wav", np.zeros(4000), SAMPLE_RATE)
    soundfile.write(samples / "none.wav", np.zeros(0), SAMPLE_RATE)
    assert main(["--one-shots", str(samples), "-q"]) == 1
    captured = capsys.readouterr()
    assert expected().items() <= told(captured.out).items()
    assert len(told(captured.out)) == 5
    lines = captured.err.splitlines()
    assert len(lines) == 4
    for name in ("empty.wav", "text.mp3", "silent.wav is silent", "none.wav"):
        assert sum(name in line for line in lines) == 1


def test_the_name_of_a_sample_need_not_be_text(samples: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(b"Gro\xdfe Trommel.wav")  # as old archives hold them, in Latin-1
    (samples / "STEREO.FLAC").rename(samples / odd)
    out = tmp_path / "sorted"
    assert main(["--one-shots", str(samples), "-o", str(out), "-q"]) == 0
    document = json.loads((out / "one-shots.json").read_text(encoding="utf-8"))
    names = [row["file"] for row in document["samples"]]
    assert odd in names
    table = told((out / "one-shots.csv").read_text(encoding="utf-8"))
    assert [name.encode().decode("unicode_escape") for name in table] == names
    assert (out / table[r"Gro\udcdfe Trommel.wav"] / odd).exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [(["nosuch"], "nosuch"), (["bare"], "holds no samples"), (["bare", "-o", "bare"], "name another")],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bare").mkdir()
    assert main(["--one-shots", *words]) == 1
    captured = capsys.readouterr()
    assert captured.out in ("", "file,class,confidence,key\n")
    assert captured.err.startswith("mp3tomidi-drums: ")
    assert named in captured.err


@pytest.mark.parametrize("words", [[], ["a", "b"], ["a", "--tempo", "90"]])
def test_wrong_usage_is_one_line_and_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--one-shots", *words])
    assert exit_.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
