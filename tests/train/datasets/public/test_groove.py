"""The reader of Groove, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import drums, sound, table
from .reading import hits, read


def groove(root: Path) -> Path:
    played = {"drummer1/eval_session/1": "test", "drummer1/session1/2": "train", "drummer2/session1/3": "validation"}
    listed = []
    for number, split in played.items():
        name = f"{number}_funk_138_beat_4-4"
        drums(root / "groove" / f"{name}.mid", [(0.0, 36), (0.25, 22), (0.5, 58)])
        is_silent = split == "validation"
        if not is_silent:
            sound(root / "groove" / f"{name}.wav")
        columns = {"drummer": "drummer1", "session": "s", "id": number, "style": "funk", "bpm": 138}
        columns |= {"beat_type": "beat", "time_signature": "4-4", "midi_filename": f"{name}.mid"}
        listed.append({**columns, "audio_filename": "" if is_silent else f"{name}.wav", "duration": 1, "split": split})
    table(root / "groove" / "info.csv", listed)
    return root


def test_groove_has_general_midis_keys_and_passes_over_what_was_not_recorded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = read("groove", groove(tmp_path))
    assert {name: recording.split for name, recording in found.items()} == {
        "drummer1-eval_session-1": "test",
        "drummer1-session1-2": "train",
    }
    assert not caplog.records
    recording = found["drummer1-session1-2"]
    assert recording.drums is not None
    assert recording.drums()["key"].tolist() == [36, 42, 43]
    assert hits(recording) == {"KD": [0.0], "HH": [0.25], "TT": [0.5]}


def test_groove_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = groove(tmp_path) / "groove"
    (folder / "drummer1/session1/2_funk_138_beat_4-4.wav").unlink()
    assert list(read("groove", tmp_path)) == ["drummer1-eval_session-1"]
    assert "2_funk_138_beat_4-4.wav: there is no such file" in caplog.text
    (folder / "info.csv").write_text("id\n1\n")
    with pytest.raises(LabelsError, match=r"info\.csv: the table of the data set cannot be read"):
        read("groove", tmp_path)
