"""The reader of MDB Drums, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.train.datasets.public.registry import read_dataset, wanted
from mp3tomidi.transcribe.errors import LabelsError

from ..trees import sound, text
from .reading import hits


def mdb_drums(root: Path) -> Path:
    folder = root / "MDB Drums"
    for name in ("MusicDelta_80sRock", "MusicDelta_Reggae"):
        text(folder / "annotations" / "class" / f"{name}_class.txt", "0.10 \t KD\n0.20\tOT\n\n0.30\tSD\n0.30\tCY\n")
        sound(folder / "audio" / "drum_only" / f"{name}_Drum.wav")
        sound(folder / "audio" / "full_mix" / f"{name}_MIX.wav")
    return root


def test_mdb_drums_are_read_alone_and_in_the_mix(tmp_path: Path) -> None:
    found = read_dataset(wanted(f"mdb_drums:{mdb_drums(tmp_path)}"))
    assert [(recording.set_name, recording.sound.name) for recording in found] == [
        ("drum_only", "MusicDelta_80sRock_Drum.wav"),
        ("drum_only", "MusicDelta_Reggae_Drum.wav"),
        ("full_mix", "MusicDelta_80sRock_MIX.wav"),
        ("full_mix", "MusicDelta_Reggae_MIX.wav"),
    ]
    assert hits(found[0]) == {"KD": [0.1], "SD": [0.3], "CY": [0.3]}


def test_mdb_drums_name_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = mdb_drums(tmp_path) / "MDB Drums"
    (folder / "audio" / "drum_only" / "MusicDelta_80sRock_Drum.wav").unlink()
    (folder / "annotations" / "class" / "MusicDelta_Reggae_class.txt").write_text("0.1\tBANG\n")
    found = read_dataset(wanted(f"mdb_drums:{tmp_path}"))
    assert len(found) == 3
    assert "MusicDelta_80sRock_Drum.wav: there is no such file" in caplog.text
    with pytest.raises(LabelsError, match=r"MusicDelta_Reggae_class\.txt, line 1: expected a time and one of "):
        hits(found[0])
