"""The reader of vocadito, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import sound, text
from .reading import programs, read, rows


def vocadito(root: Path) -> Path:
    for number in (1, 2):
        sound(root / "Audio" / f"vocadito_{number}.wav")
        for annotator in ("A1", "A2"):
            text(
                root / "Annotations" / "Notes" / f"vocadito_{number}_notes{annotator}.csv",
                "0.10,440.0,0.3\n0.50,466.16,0.25\n",
            )
    return root


def test_vocadito_has_times_and_pitches_of_the_first_annotator(tmp_path: Path) -> None:
    found = read("vocadito", vocadito(tmp_path))
    assert list(found) == ["vocadito_1", "vocadito_2"]
    assert rows(found["vocadito_1"]) == [
        pytest.approx([0.1, 0.4, 69.0, 0.0]),
        pytest.approx([0.5, 0.75, 70.0, 0.0], abs=1e-3),
    ]
    assert programs(found["vocadito_1"]) == [52, 52]


def test_vocadito_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    vocadito(tmp_path)
    (tmp_path / "Audio" / "vocadito_2.wav").unlink()
    (tmp_path / "Annotations" / "Notes" / "vocadito_1_notesA1.csv").write_text("a,b\n")
    found = read("vocadito", tmp_path)
    assert "vocadito_2.wav: there is no such file" in caplog.text
    with pytest.raises(LabelsError, match=r"vocadito_1_notesA1\.csv: cannot be read"):
        rows(found["vocadito_1"])
