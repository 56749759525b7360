from __future__ import annotations

import io
from pathlib import Path

import pytest

from mp3tomidi.transcribe.events import Note, Transcription
from mp3tomidi.transcribe.outputs.formats import FORMATS, Result, beside, named, of_file


@pytest.mark.parametrize("name", FORMATS)
def test_a_result_is_known_by_its_name(name: str) -> None:
    assert of_file(Path(f"folder/My song{FORMATS[name].suffix.upper()}")) is FORMATS[name]


def test_other_names_are_of_no_format() -> None:
    assert of_file(Path("song.MIDI")) is FORMATS["mid"]
    assert [of_file(Path(name)) for name in ("song.wav", "song.txt", "song", "mid")] == [None] * 4


@pytest.mark.parametrize("first", FORMATS)
def test_all_results_of_a_recording_share_its_name(first: str) -> None:
    formats = named(",".join([first, *FORMATS]))
    targets = beside(Path(f"folder/a.b{FORMATS[first].suffix}"), formats)
    assert targets == tuple(Path(f"folder/a.b{format.suffix}") for format in formats[1:])


@pytest.mark.parametrize("name", ["mid", "json", "csv", "onsets"])
def test_a_stream_gets_the_bytes_of_a_file(name: str, tmp_path: Path) -> None:
    result = Result("song.wav", Transcription(notes=(Note(0.5, 1.0, 60, 90),), duration_s=2.0))
    stream = io.BytesIO()
    FORMATS[name].write(result, stream)
    FORMATS[name].write(result, tmp_path / "song")
    assert stream.getvalue() == (tmp_path / "song").read_bytes() != b""


def test_an_archive_goes_to_a_path_only() -> None:
    with pytest.raises(ValueError, match="this format needs"):
        FORMATS["npz"].write(Result("song.wav", Transcription(duration_s=2.0)), io.BytesIO())
