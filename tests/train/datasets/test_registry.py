"""Data sets by name, and the commands that take them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment import cli as augment_cli
from mp3tomidi.augment.label_files import drums_tsv, notes_tsv
from mp3tomidi.train.cli import main
from mp3tomidi.train.datasets.label_folder import write_label_folder
from mp3tomidi.train.datasets.public.registry import DATASETS, read_dataset, wanted
from mp3tomidi.train.datasets.recordings import find_recordings, note_rows
from mp3tomidi.train.entry import label_folder_of
from mp3tomidi.train.evaluation.evaluate import evaluate
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.events import Note, Transcription

from .trees import NOTES, jams_file, note_annotation, score, sound

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """data/train/a, data/test/b and data/test/c, each with a score."""
    for name in ("train/a", "test/b", "test/c"):
        score(sound(tmp_path / "data" / f"{name}.wav").with_suffix(".mid"))
    return tmp_path / "data"


def test_a_set_is_asked_for_by_name_split_and_folder() -> None:
    asked = wanted("maestro/valid:C:/data")
    assert (asked.name, asked.split, asked.folder) == ("maestro", "valid", Path("C:/data"))
    assert wanted("maps:x").split is None
    for words, message in (
        ("kazoo:x", "there is no data set 'kazoo'"),
        ("maps", "write maps:FOLDER"),
        ("maps/:x", "or maps/SPLIT:FOLDER"),
    ):
        with pytest.raises(ValueError, match=message):
            wanted(words)


def test_the_split_that_is_usual_is_read_where_there_are_splits(folder: Path) -> None:
    assert [r.name for r in read_dataset(wanted(f"midi:{folder}"), "test")] == ["b", "c"]
    assert [r.name for r in read_dataset(wanted(f"midi:{folder / 'test'}"), "test")] == ["b", "c"]  # has no splits
    assert {r.name for r in read_dataset(wanted(f"midi/all:{folder}"), "test")} == {"a", "b", "c"}
    with pytest.raises(LabelsError, match="no recordings of the split 'valid'; it has test, train"):
        read_dataset(wanted(f"midi/valid:{folder}"), "test")


def perfect(path: Path) -> Transcription:
    return Transcription(notes=tuple(Note(*note) for note in NOTES), duration_s=1.0)


def test_evaluate_takes_a_data_set_and_leaves_out_bad_labels(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "test" / "c.mid").write_bytes(b"broken")
    report = evaluate(read_dataset(wanted(f"midi:{folder}"), "test"), perfect)
    assert [one.name for one in report.recordings] == ["b"]
    assert report.notes["test"]["On"].mean == 1.0
    assert "c.mid: not a MIDI file" in caplog.text


def test_the_command_evaluates_a_data_set(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--dataset", f"midi:{folder}", "--json", str(tmp_path / "scores.json")]) == 0
    assert "test" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "scores.json").read_text())["recordings"]) == 2
    assert main(["evaluate"]) == 1
    assert "--dataset NAME:FOLDER" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["evaluate", "--dataset", "kazoo:x"])


def test_labels_beside_links_say_what_the_set_says(folder: Path, tmp_path: Path) -> None:
    jams = tmp_path / "bent"
    jams_file(sound(jams / "a.wav").with_suffix(".jams"), [note_annotation([(0.25, 0.5, 60.4)])])
    assert write_label_folder(read_dataset(wanted(f"jams:{jams}")), tmp_path / "links") == 1
    (found,) = find_recordings(tmp_path / "links")
    assert found.notes is not None
    assert note_rows(found.notes()).tolist() == [[0.25, 0.75, 60.4, 0.0]]
    assert found.sound.resolve() == (jams / "a.wav").resolve()
    assert write_label_folder(read_dataset(wanted(f"midi:{folder}")), tmp_path / "all") == 3
    tables = sorted(p.relative_to(tmp_path / "all").as_posix() for p in (tmp_path / "all").rglob("*.notes.tsv"))
    assert tables == ["test/test/b.notes.tsv", "test/test/c.notes.tsv", "train/train/a.notes.tsv"]


def test_augment_changes_a_data_set_with_its_labels(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "faster.toml"
    recipe.write_text('[[steps]]\neffect = "speed"\nshare = 1.0\nsemitones = [1, 1]\n')
    words = ["apply", "--dataset", f"midi/train:{folder}", str(tmp_path / "out"), "--recipe", str(recipe), "-j", "1"]
    assert augment_cli.main(words, open_dataset=label_folder_of) == 0
    copy = tmp_path / "out" / "train" / "train" / "a-001.wav"
    assert soundfile.info(copy).duration == pytest.approx(2 ** (-1 / 12), abs=0.01)
    moved = notes_tsv.read_rows(copy.with_suffix(".notes.tsv"))
    assert moved[:, 0].tolist() == pytest.approx([0.0, 0.5 * 2 ** (-1 / 12)], abs=2e-3)
    assert moved[:, 2].tolist() == [61, 65]
    assert drums_tsv.read_times(copy.with_suffix(".drums.tsv"))["KD"] == []
    before = copy.stat().st_mtime_ns
    assert augment_cli.main(words, open_dataset=label_folder_of) == 0  # the same command again makes nothing anew
    assert copy.stat().st_mtime_ns == before


def test_augment_says_what_to_write(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["kazoo:x", str(tmp_path / "o")], [f"midi:{folder}"], [f"midi:{folder}", "in", "out"]):
        with pytest.raises(SystemExit):
            augment_cli.main(["apply", "--dataset", *words], open_dataset=label_folder_of)
    assert "there is no data set 'kazoo'" in capsys.readouterr().err


def test_the_table_of_the_docs_names_every_set() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(DATASETS)
    assert np.unique([data_set.module for data_set in DATASETS.values()]).size == len(DATASETS)
