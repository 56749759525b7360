"""The reader of good-sounds, on a tree of its layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import sound, text
from .reading import programs, read, rows


def good_sounds(root: Path) -> Path:
    marks = {"attack": 24_000, "offset": 36_000, "semitone": 48}
    sounds = {
        "1": {"id": 1, "instrument": "flute", "klass": "good-sound", "pack_id": 1, **marks},
        "2": {"id": 2, "instrument": "violin", "klass": "scale-good", "pack_id": 1, **dict.fromkeys(marks)},
    }
    takes = {}
    for number in sounds:
        name = f"sound_files/pack/akg/{number}.wav"
        sound(root / "good-sounds" / name)
        takes[number] = {"id": int(number), "microphone": "akg", "filename": name, "sound_id": int(number)}
    for name, content in (("sounds", sounds), ("takes", takes), ("packs", {}), ("ratings", {})):
        text(root / f"{name}.json", json.dumps(content))
    return root


def test_good_sounds_has_notes_where_they_are_marked(tmp_path: Path) -> None:
    found = read("good_sounds", good_sounds(tmp_path))
    assert found["flute-1"].classes == ("flute",)
    assert rows(found["flute-1"]) == [[0.5, 0.75, 60.0, 0.0]]
    assert programs(found["flute-1"]) == [73]
    assert found["violin-2"].notes is None


def test_good_sounds_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good_sounds(tmp_path)
    (tmp_path / "good-sounds/sound_files/pack/akg/2.wav").unlink()
    takes = json.loads((tmp_path / "takes.json").read_text())
    sound(tmp_path / "good-sounds" / "sound_files" / "3.wav")
    takes["3"] = {"filename": "sound_files/3.wav", "sound_id": 99}
    (tmp_path / "takes.json").write_text(json.dumps(takes))
    assert list(read("good_sounds", tmp_path)) == ["flute-1"]
    assert "2.wav: there is no such file" in caplog.text
    assert "3.wav" in caplog.text
    (tmp_path / "packs.json").unlink()
    with pytest.raises(LabelsError, match="the table of the data set cannot be read"):
        read("good_sounds", tmp_path)
