"""Folders that the server may see: what lies in them can be named, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.serve.background.kinds import count_rows, log_lines
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "music" / "jazz").mkdir(parents=True)
    (tmp_path / "music" / "jazz" / "a song.wav").write_bytes(b"sound")
    (tmp_path / "music" / "notes.txt").write_bytes(b"no sound")
    (tmp_path / "music" / "my.toml").write_bytes(b"")
    (tmp_path / "music" / ".hidden").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.wav").write_bytes(b"secret")
    (tmp_path / "music" / "way out").symlink_to(tmp_path / "secret")
    (tmp_path / "other" / "music").mkdir(parents=True)
    (tmp_path / "made").mkdir()
    return Places([tmp_path / "music", tmp_path / "other" / "music"], tmp_path / "made")


def test_what_lies_inside_has_a_place_and_back(places: Places, tmp_path: Path) -> None:
    song = tmp_path / "music" / "jazz" / "a song.wav"
    assert places.sound("music/jazz/a song.wav") == song
    assert places.place(song) == "music/jazz/a song.wav"
    assert places.folder("music/") == tmp_path / "music"
    assert places.names == ["music", "music-2", "made"]
    assert places.folder("music-2") == tmp_path / "other" / "music"


@pytest.mark.parametrize(
    "place",
    [
        "music/../secret/key.wav",
        "music/../../secret",
        "music/way out/key.wav",
        "music//etc/passwd",
        "/etc/passwd",
        "..",
        "",
        "secret",
        "music\\..\\secret",
        "music/jazz/\0",
        "music/nothing",
        None,
        7,
    ],
)
def test_nothing_outside_has_a_place(places: Places, place: object) -> None:
    with pytest.raises(RefusalError):
        places.path(place)


def test_a_listing_names_folders_sounds_and_recipes(places: Places) -> None:
    listing = places.listing("music")
    assert [folder["place"] for folder in listing["folders"]] == ["music/jazz", "music/way out"]
    assert listing["folders"][0]["own_sounds"] == 1
    assert listing["recipes"] == ["music/my.toml"]
    assert listing["sound_count"] == 1
    assert [sound["name"] for sound in places.listing("music/jazz")["sounds"]] == ["a song.wav"]
    assert [root["place"] for root in places.roots()] == ["music", "music-2"]
    with pytest.raises(RefusalError):
        places.sound("music/notes.txt")
    with pytest.raises(RefusalError):
        places.folder("music/jazz/a song.wav")


def test_rows_are_counted_as_a_file_grows_shrinks_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    assert count_rows(path) == 0
    path.write_text("1\n2\nhalf")
    assert count_rows(path) == 2
    with path.open("a") as file:
        file.write(" a row\n4\n")
    assert count_rows(path) == 4
    path.write_text("another\n")
    assert count_rows(path) == 1
    path.unlink()
    assert count_rows(path) == 0


def test_of_a_line_that_was_written_over_the_last_state_counts(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"first\n\r1/3 one\r2/3 two\r3/3 three\nlast\n")
    assert log_lines(path, 1000) == ["first", "3/3 three", "last"]
    assert log_lines(path, 6) == ["last"]
