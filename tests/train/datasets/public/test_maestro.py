"""The reader of MAESTRO, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import score, sound, table
from .reading import PLAYED, programs, read, rows


def maestro(root: Path, version: str = "3.0.0") -> Path:
    files = {"a": "train", "b": "validation", "c": "test"}
    for name in files:
        sound(root / "2018" / f"{name}.wav")
        score(root / "2018" / f"{name}.midi")
    columns = {"canonical_composer": "Bach", "canonical_title": "Fugue, in C", "year": 2018, "duration": 1.0}
    table(
        root / f"maestro-v{version}.csv",
        [
            {**columns, "split": split, "midi_filename": f"2018/{name}.midi", "audio_filename": f"2018/{name}.wav"}
            for name, split in files.items()
        ],
    )
    return root


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0", "3.0.0"])
def test_maestro_has_its_official_split_and_its_notes(tmp_path: Path, version: str) -> None:
    found = read("maestro", maestro(tmp_path, version))
    assert {name: recording.split for name, recording in found.items()} == {"a": "train", "b": "valid", "c": "test"}
    assert rows(found["a"]) == PLAYED
    assert programs(found["a"]) == [0, 0]
    assert list(read("maestro", tmp_path, "test")) == ["c"]


def test_maestro_names_what_is_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    maestro(tmp_path)
    (tmp_path / "2018" / "a.wav").unlink()
    (tmp_path / "2018" / "b.midi").write_bytes(b"")
    assert list(read("maestro", tmp_path)) == ["c"]
    assert "a.wav: there is no such file" in caplog.text
    assert "b.midi: the file is empty" in caplog.text
    (tmp_path / "maestro-v3.0.0.csv").write_text("split,midi_filename\n")
    with pytest.raises(LabelsError, match=r"has no column 'audio_filename'"):
        read("maestro", tmp_path)


def test_a_damaged_score_is_an_error_with_its_name(tmp_path: Path) -> None:
    maestro(tmp_path)
    (tmp_path / "2018" / "a.midi").write_bytes(b"MThd, but no more")
    with pytest.raises(LabelsError, match=r"a\.midi: not a MIDI file"):
        rows(read("maestro", tmp_path)["a"])
