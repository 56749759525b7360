"""The reader of MusicNet, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import sound, table
from .reading import programs, read, rows


def musicnet(root: Path) -> Path:
    columns = ("start_time", "end_time", "instrument", "note", "start_beat", "end_beat", "note_value")
    for split, number in (("train", 1727), ("test", 1759)):
        sound(root / "musicnet" / f"{split}_data" / f"{number}.wav")
        played = [(44100, 66150, 41, 67, 0, 1, "Quarter"), (0, 44100, 1, 60, 0, 2, "Half")]
        table(
            root / "musicnet" / f"{split}_labels" / f"{number}.csv",
            [dict(zip(columns, row, strict=True)) for row in played],
        )
    return root


def test_musicnet_counts_samples_and_programs_from_one(tmp_path: Path) -> None:
    found = read("musicnet", musicnet(tmp_path))
    assert {name: recording.split for name, recording in found.items()} == {"1727": "train", "1759": "test"}
    assert rows(found["1727"]) == [[0.0, 1.0, 60.0, 0.0], [1.0, 1.5, 67.0, 0.0]]
    assert programs(found["1727"]) == [0, 40]


def test_musicnet_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    musicnet(tmp_path)
    (tmp_path / "musicnet" / "test_data" / "1759.wav").unlink()
    labels = tmp_path / "musicnet" / "train_labels" / "1727.csv"
    labels.write_text(labels.read_text().replace("66150", "soon"))
    found = read("musicnet", tmp_path)
    assert list(found) == ["1727"]
    assert "1759.wav: there is no such file" in caplog.text
    with pytest.raises(LabelsError, match=r"1727\.csv: a row that holds what is no number"):
        rows(found["1727"])
