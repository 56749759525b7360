"""`mp3tomidi-augment replay`, as a user types it."""

import shutil
from pathlib import Path

import pytest
import soundfile

from mp3tomidi.augment.variants import manifest

from .commands import RATE, files, rows, run, tone


def test_a_row_is_made_again_byte_for_byte(samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run("apply", samples, out, "--copies", 2, "--recipe", "heavy", "--format", "ogg", "--jobs", 1) == 0
    made = files(out)
    for number, row in enumerate(rows(out), start=1):
        target = tmp_path / f"again{number}.ogg"
        assert run("replay", out / manifest.NAME, number, target) == 0
        assert target.read_bytes() == made[row["file"]]
        for label in row["labels"]:
            assert target.with_name(target.stem + "." + label.split(".", 1)[1]).read_bytes() == made[label]
    moved = tmp_path / "elsewhere"
    shutil.move(samples, moved)
    capsys.readouterr()
    assert run("replay", out / manifest.NAME, "piano/c4-002.ogg", tmp_path / "folder") == 1
    assert "--sources" in capsys.readouterr().err
    assert run("replay", out / manifest.NAME, "piano/c4-002.ogg", tmp_path / "folder", "--sources", moved) == 0
    assert (tmp_path / "folder" / "c4-002.ogg").read_bytes() == made["piano/c4-002.ogg"]


def test_replay_replaces_nothing_unless_it_may(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, target = tmp_path / "out", tmp_path / "again.wav"
    assert run("apply", samples, out, "--jobs", 1) == 0
    for path in (target, target.with_suffix(".notes.tsv")):
        path.write_text("mine")
        assert run("replay", out / manifest.NAME, "piano/c4-001.wav", target) == 1
        assert f"{path} exists already: --overwrite replaces it" in capsys.readouterr().err
        assert path.read_text() == "mine"
        path.unlink()
    target.write_text("mine")
    assert run("replay", out / manifest.NAME, "piano/c4-001.wav", target, "--overwrite") == 0
    assert target.read_bytes() == (out / "piano" / "c4-001.wav").read_bytes()
    assert run("replay", out / manifest.NAME, "piano/c4-001.wav", out / "piano") == 1
    assert run("replay", out / manifest.NAME, "piano/c4-001.wav", tmp_path / "again.flac") == 1
    assert "name a folder or a .wav file" in capsys.readouterr().err
    assert not (tmp_path / "again.flac").exists()


def test_a_row_that_cannot_be_made_again_says_why(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("apply", samples, out, "--jobs", 1) == 0
    path, target = out / manifest.NAME, tmp_path / "again.wav"
    for row, words in (("9", "there is no row 9, only 1 to 4"), ("0", "no row 0"), ("x.wav", "no row has the file")):
        assert run("replay", path, row, target) == 1
        assert words in capsys.readouterr().err
    first = rows(out)[0]
    soundfile.write(samples / first["source"], tone(61), RATE)
    assert run("replay", path, 1, target) == 1
    assert "has changed since" in capsys.readouterr().err
    (samples / "piano" / "c4.notes.tsv").write_text("0.2\t0.4\t60\t90\n")
    assert run("replay", path, "piano/c4-001.wav", target) == 1
    assert "its labels have changed since" in capsys.readouterr().err
    path.write_text(path.read_text().replace('"step": [1]', '"step": [7]'))
    assert run("replay", path, "drums/tom-001.wav", target) == 1
    assert "cannot be made again" in capsys.readouterr().err
    assert run("replay", tmp_path / "none.jsonl", 1, target) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert not target.exists()
