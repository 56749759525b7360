"""The reader of E-GMD, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..trees import drums, sound, table
from .reading import hits, read


def e_gmd(root: Path) -> Path:
    listed = []
    for number, split in ((1, "train"), (2, "validation"), (3, "test")):
        name = f"drummer1/session1/{number}_funk_138_beat_4-4_{number}"
        drums(root / f"{name}.midi", [(0.0, 36), (0.5, 26)])
        sound(root / f"{name}.wav")
        files = {"midi_filename": f"{name}.midi", "audio_filename": f"{name}.wav", "kit_name": "Acoustic Kit"}
        listed.append({"id": number, "split": split, **files})
    table(root / "e-gmd-v1.0.0.csv", listed)
    return root


def test_e_gmd_is_parted_by_its_table_and_set_by_kit(tmp_path: Path) -> None:
    found = list(read("e_gmd", e_gmd(tmp_path)).values())
    assert sorted(recording.split for recording in found) == ["test", "train", "valid"]
    assert {recording.set_name for recording in found} == {"Acoustic Kit"}
    assert hits(found[0]) == {"KD": [0.0], "HH": [0.5]}


def test_e_gmd_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    e_gmd(tmp_path)
    (tmp_path / "drummer1/session1/1_funk_138_beat_4-4_1.wav").write_bytes(b"")
    (tmp_path / "drummer1/session1/2_funk_138_beat_4-4_2.midi").unlink()
    assert len(read("e_gmd", tmp_path)) == 1
    assert "_1.wav: the file is empty" in caplog.text
    assert "_2.midi: there is no such file" in caplog.text
