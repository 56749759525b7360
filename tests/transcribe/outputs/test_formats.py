from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.outputs.formats import FORMATS, beside, named, of_file


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
