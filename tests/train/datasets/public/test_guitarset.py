"""The reader of GuitarSet, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import jams_file, note_annotation, sound
from .reading import programs, read, rows


def guitarset(root: Path) -> Path:
    for name in ("00_BN1-129-Eb_comp", "05_Funk2-108-Eb_solo"):
        strings = [[(0.5, 0.25, 40.2)], [], [(0.0, 0.4, 52.0)], [], [], []]
        annotations = [note_annotation(notes, str(string)) for string, notes in enumerate(strings)]
        jams_file(root / "annotation" / f"{name}.jams", [*annotations, {"namespace": "pitch_contour", "data": []}])
    sound(root / "audio_mono-mic" / "00_BN1-129-Eb_comp_mic.wav")
    sound(root / "audio_mono-pickup_mix" / "00_BN1-129-Eb_comp_mix.wav")
    sound(root / "audio_mono-pickup_mix" / "05_Funk2-108-Eb_solo_mix.wav")
    return root


def test_guitarset_hears_the_microphone_or_else_the_pickup(tmp_path: Path) -> None:
    found = read("guitarset", guitarset(tmp_path))
    assert [recording.sound.name for recording in found.values()] == [
        "00_BN1-129-Eb_comp_mic.wav",
        "05_Funk2-108-Eb_solo_mix.wav",
    ]
    assert rows(found["00_BN1-129-Eb_comp"]) == [[0.0, 0.4, 52.0, 0.0], [0.5, 0.75, 40.2, 0.0]]
    assert programs(found["00_BN1-129-Eb_comp"]) == [25, 25]


def test_guitarset_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    guitarset(tmp_path)
    (tmp_path / "audio_mono-pickup_mix" / "05_Funk2-108-Eb_solo_mix.wav").unlink()
    jams_file(tmp_path / "annotation" / "unheard_of.jams", [])
    (tmp_path / "annotation" / "00_BN1-129-Eb_comp.jams").write_text("{}")
    found = read("guitarset", tmp_path)
    assert list(found) == ["00_BN1-129-Eb_comp"]
    assert "05_Funk2-108-Eb_solo_mic.wav: there is no such file" in caplog.text
    assert "unheard_of.jams" in caplog.text
    with pytest.raises(LabelsError, match=r"00_BN1-129-Eb_comp\.jams: cannot be read"):
        rows(found["00_BN1-129-Eb_comp"])
