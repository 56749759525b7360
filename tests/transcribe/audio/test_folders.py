"""Which files of a folder are sounds, and in which order they come."""

from pathlib import Path

import pytest

from mp3tomidi.transcribe.audio.folders import find_sounds
from mp3tomidi.transcribe.errors import AudioError


def test_sounds_come_by_name_and_hidden_ones_not_at_all(tmp_path: Path) -> None:
    names = ("b.wav", "a/z.FLAC", "a/b/c.mp3", "a/.d.wav", ".e/f.wav", "a/g.mid", "out/h.wav", "a/i.wav/j.ogg")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_sounds(tmp_path, without=tmp_path / "out")]
    assert found == ["b.wav", "a/z.FLAC", "a/b/c.mp3", "a/i.wav/j.ogg"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="cannot open"):
        list(find_sounds(tmp_path / "gone"))
