"""The reader of Slakh, on a tree of its layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import drums, score, sound, text
from .reading import PLAYED, hits, programs, read, rows


def slakh(root: Path) -> Path:
    for split, number in (("train", 1), ("test", 2), ("omitted", 3)):
        track = root / "slakh2100_flac_redux" / split / f"Track{number:05d}"
        sound(track / "mix.flac")
        for stem in ("S00", "S01"):
            sound(track / "stems" / f"{stem}.flac")
        score(track / "MIDI" / "S00.mid")
        drums(track / "MIDI" / "S01.mid", [(0.0, 36), (0.5, 38)])
        score(track / "MIDI" / "S02.mid", [(0.0, 1.0, 72, 80)])  # rendered to nothing: it has no sound
        described = {
            name: {"is_drum": is_drum, "program_num": program, "inst_class": "x", "audio_rendered": name != "S02"}
            for name, is_drum, program in (("S00", False, 33), ("S01", True, 128), ("S02", False, 0))
        }
        text(track / "metadata.yaml", json.dumps({"UUID": "1", "stems": described}))
    return root


def test_slakh_has_the_notes_of_the_stems_that_sound(tmp_path: Path) -> None:
    found = read("slakh", slakh(tmp_path))
    assert {name: recording.split for name, recording in found.items()} == {"Track00001": "train", "Track00002": "test"}
    assert rows(found["Track00001"]) == PLAYED
    assert programs(found["Track00001"]) == [33, 33]
    assert hits(found["Track00001"]) == {"KD": [0.0], "SD": [0.5]}
    assert list(read("slakh", tmp_path, "omitted")) == ["Track00003"]


def test_slakh_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    train = slakh(tmp_path) / "slakh2100_flac_redux" / "train" / "Track00001"
    (tmp_path / "slakh2100_flac_redux" / "test" / "Track00002" / "mix.flac").unlink()
    (train / "metadata.yaml").write_text("stems: {S00: {}}")
    found = read("slakh", tmp_path)
    assert list(found) == ["Track00001"]
    assert "mix.flac: there is no such file" in caplog.text
    with pytest.raises(LabelsError, match=r"metadata\.yaml: cannot be read"):
        rows(found["Track00001"])
