"""The reader of folders in which a MIDI file lies beside a sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import drums, score, sound
from .reading import PLAYED, hits, read, rows


def test_a_score_beside_a_sound_labels_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    score(sound(tmp_path / "train" / "set" / "a.wav").with_suffix(".mid"))
    drums(sound(tmp_path / "test" / "b.flac").with_suffix(".midi"), [(0.25, 42)])
    sound(tmp_path / "test" / "unlabelled.wav")
    (tmp_path / "test" / "gone.wav").touch()
    score(tmp_path / "test" / "gone.mid")
    found = read("midi", tmp_path)
    assert {name: (recording.set_name, recording.split) for name, recording in found.items()} == {
        "a": ("set", "train"),
        "b": ("test", "test"),
    }
    assert rows(found["a"]) == PLAYED
    assert hits(found["b"]) == {"HH": [0.25]}
    assert "gone.wav: the file is empty" in caplog.text
    with pytest.raises(LabelsError, match="there is no such folder"):
        read("midi", tmp_path / "nowhere")
