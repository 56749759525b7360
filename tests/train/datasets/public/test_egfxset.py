"""The reader of EGFxSet, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..trees import sound
from .reading import programs, read, rows


def egfxset(root: Path) -> Path:
    for name in ("Clean/Bridge/1-0.wav", "TapeEcho/Bridge-Middle/6-22.wav", "RAT/Neck/2-3.wav"):
        sound(root / name)
    return root


def test_egfxset_has_notes_and_effects(tmp_path: Path) -> None:
    found = read("egfxset", egfxset(tmp_path))
    assert {recording.classes for recording in found.values()} == {("Clean",), ("TapeEcho",), ("RAT",)}
    assert rows(found["Clean-Bridge-1-0"]) == [[0.0, 5.0, 64.0, 0.0]]
    assert rows(found["TapeEcho-Bridge-Middle-6-22"]) == [[0.0, 5.0, 62.0, 0.0]]
    assert programs(found["RAT-Neck-2-3"]) == [27]


def test_egfxset_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    egfxset(tmp_path)
    sound(tmp_path / "Clean" / "Bridge" / "nine.wav")
    (tmp_path / "Clean" / "Bridge" / "1-0.wav").write_bytes(b"")
    assert sorted(read("egfxset", tmp_path)) == ["RAT-Neck-2-3", "TapeEcho-Bridge-Middle-6-22"]
    assert "nine.wav: its name says no string and fret" in caplog.text
    assert "1-0.wav: the file is empty" in caplog.text
