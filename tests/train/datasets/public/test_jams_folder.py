"""The reader of folders in which a JAMS file lies beside a sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..trees import jams_file, note_annotation, sound, text
from .reading import read, rows


def test_jams_beside_a_sound_hold_notes_and_tags(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sung = note_annotation([(0.0, 0.5, 440.0)], namespace="note_hz")
    tag = {"namespace": "tag_open", "data": [{"time": 0, "duration": 1, "value": "choir", "confidence": 1}]}
    contour = {"namespace": "pitch_contour", "data": {"time": [], "value": []}}
    jams_file(sound(tmp_path / "a.wav").with_suffix(".jams"), [sung, tag, contour])
    jams_file(sound(tmp_path / "b.wav").with_suffix(".jams"), [contour])
    text(sound(tmp_path / "c.wav").with_suffix(".jams"), "no JSON")
    found = read("jams", tmp_path)
    assert list(found) == ["a"]
    assert rows(found["a"]) == [[0.0, 0.5, 69.0, 0.0]]
    assert found["a"].classes == ("choir",)
    assert "b.jams: no annotations of note_midi" in caplog.text
    assert "c.jams: cannot be read as JSON" in caplog.text
