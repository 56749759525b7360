"""The reader of NSynth, on a tree of its layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import sound, text
from .reading import programs, read, rows


def nsynth(root: Path) -> Path:
    for split, family in (("train", "brass"), ("valid", "vocal"), ("test", "keyboard")):
        name = f"{family}_acoustic_000-060-100"
        sound(root / f"nsynth-{split}" / "audio" / f"{name}.wav", 4.0)
        example = {"pitch": 60, "velocity": 100, "instrument_family_str": family, "note": 1}
        text(root / f"nsynth-{split}" / "examples.json", json.dumps({name: example}))
    return root


def test_nsynth_has_a_note_and_a_family(tmp_path: Path) -> None:
    found = {recording.split: recording for recording in read("nsynth", nsynth(tmp_path)).values()}
    assert found["train"].classes == ("brass",)
    assert rows(found["train"]) == [[0.0, 3.0, 60.0, 100.0]]
    assert programs(found["train"]) == [61]
    assert found["valid"].classes == ("vocal",)


def test_nsynth_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    nsynth(tmp_path)
    (tmp_path / "nsynth-train" / "audio" / "brass_acoustic_000-060-100.wav").unlink()
    strange = {"vocal_acoustic_000-060-100": {"pitch": 60, "velocity": 100, "instrument_family_str": "kazoo"}}
    (tmp_path / "nsynth-valid" / "examples.json").write_text(json.dumps(strange))
    assert [recording.split for recording in read("nsynth", tmp_path).values()] == ["test"]
    assert "brass_acoustic_000-060-100.wav: there is no such file" in caplog.text
    assert "there is no family kazoo" in caplog.text
    (tmp_path / "nsynth-test" / "examples.json").write_text("{")
    with pytest.raises(LabelsError, match=r"nsynth-test/examples\.json: cannot be read as JSON"):
        read("nsynth", tmp_path)
