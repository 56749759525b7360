import numpy as np
import pytest

from mp3tomidi.transcribe.classify.classifier import Classifier
from mp3tomidi.transcribe.classify.timeline_picture import _level_db, lanes, segment_edges_s
from mp3tomidi.transcribe.program.classify_cli import main


def test_lanes_are_classes_by_likelihood_and_edges_lie_between_middles(weights, music):
    heard = Classifier("pitch", weights).classify(music / "more" / "turning.wav")
    assert [heard.task.classes[column] for column in lanes(heard)] == ["high", "low"]
    assert segment_edges_s(heard) == pytest.approx(0.1 * np.arange(9), abs=1e-9)


def test_the_spectrogram_shows_each_tone_where_it_sounds():
    rate = 16_000
    time_s = np.arange(rate) / rate
    tone = np.where(time_s < 0.5, np.sin(2 * np.pi * 220 * time_s), np.sin(2 * np.pi * 1760 * time_s))
    level_db = _level_db([tone.astype(np.float32)], 1.0)
    column = np.arange(len(level_db)) / len(level_db)
    loudest = level_db.argmax(axis=1) + 24
    assert set(loudest[(column > 0.1) & (column < 0.4)]) == {57}
    assert set(loudest[(column > 0.6) & (column < 0.9)]) == {93}


def test_the_command_draws_a_picture_a_recording(music, weights, tmp_path, capfd):
    words = [str(music / "low.wav"), str(music / "more"), "--picture", str(tmp_path / "pictures")]
    words += ["--task", "pitch", "--weights", str(weights)]
    assert main(words) == 0
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["low.png", "turning.png"]
    assert (tmp_path / "pictures" / "low.png").read_bytes().startswith(b"\x89PNG")
    capfd.readouterr()
    assert main(words) == 1
    assert "exists already" in capfd.readouterr().err
