"""The reader of folders in our own layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ..trees import sound, text
from .reading import read, rows


def test_folders_of_our_own_are_a_data_set_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text(sound(tmp_path / "valid" / "a.wav").with_suffix(".notes.tsv"), "0.1\t0.2\t60.4\t0\n")
    text(tmp_path / "b.drums.tsv", "0.5\tKD\n")
    (tmp_path / "b.wav").touch()
    found = read("folder", tmp_path)
    assert rows(found["a"]) == [[0.1, 0.2, 60.4, 0.0]]
    assert found["a"].split == "valid"
    assert "b.wav: the file is empty" in caplog.text
    assert np.isfinite(rows(found["a"])).all()
