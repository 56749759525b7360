import json
import shutil

import numpy as np
import pytest

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify.classifier import Classification, Classifier
from mp3tomidi.transcribe.errors import AudioError, TaskError, WeightsError

RATE = 8000


def test_a_recording_is_told_as_a_whole_and_in_segments(weights, music):
    heard = Classifier("pitch", weights).classify(music / "more" / "turning.wav")
    assert heard.top()[0] == ("high", pytest.approx(2 / 3, abs=1e-3))  # the mean over the six that sound
    assert heard.silent.tolist() == [False, False, True, True, False, False, False, False]
    assert heard.starts_s == pytest.approx(np.arange(8) * 0.1)
    assert heard.segment_probabilities.argmax(axis=1)[[0, 1, 4, 5, 6, 7]].tolist() == [0, 0, 1, 1, 1, 1]
    assert heard.segment_probabilities[2].tolist() == [0.0, 0.0]
    assert heard.duration_s == pytest.approx(0.8)
    assert heard.embedding == pytest.approx([0.5 / 3, 1.0 / 3], abs=1e-3)


def test_spans_say_when_a_class_is_there(weights_of_many):
    turns = [0.9, 0.9, 0.1, 0.1, 0.1, 0.8, 0.8, 0.8]
    time_s = np.arange(800) / RATE
    sound = np.concatenate([level * np.sin(2 * np.pi * 500 * time_s) for level in turns]).astype(np.float32)
    heard = Classifier("pitch", weights_of_many).classify(Audio(sound, RATE))
    assert np.array(heard.spans("low")) == pytest.approx(np.array([[0.0, 0.2], [0.5, 0.8]]))
    assert heard.spans("high") == []
    with pytest.raises(ValueError, match="piano"):
        heard.spans("piano")


@pytest.mark.parametrize(
    ("probabilities", "spans"),
    [
        ([0.1, 0.4, 0.7, 0.4, 0.1], [(1.0, 4.0)]),
        ([0.1, 0.6, 0.6, 0.6, 0.1], []),  # never clear
        ([0.7, 0.3, 0.7, 0.7, 0.7], [(0.0, 1.0), (2.0, 5.0)]),
    ],
)
def test_a_span_is_clear_somewhere_and_likely_throughout(weights_of_many, probabilities, spans):
    task = Classifier("pitch", weights_of_many).task
    starts_s = np.arange(5.0)
    both = np.stack([probabilities, np.zeros(5)], axis=1).astype(np.float32)
    found = Classification(
        task, 5.0, both.mean(axis=0), starts_s, starts_s + 1, np.zeros(5), np.zeros(5, bool), both, np.zeros((5, 2))
    )
    assert found.spans(task.classes[0]) == spans
    assert found.spans(task.classes[1]) == []


def test_of_silence_nothing_is_told(weights):
    heard = Classifier("pitch", weights).classify(Audio(np.zeros(2000, np.float32), RATE))
    assert heard.is_silent
    assert heard.top() == []
    assert heard.probabilities.tolist() == [0.0, 0.0]
    assert heard.embedding.tolist() == [0.0, 0.0]


def test_a_short_recording_is_filled_up_and_said_to_be(weights, caplog):
    time_s = np.arange(400) / RATE
    heard = Classifier("pitch", weights).classify(Audio(np.sin(2 * np.pi * 500 * time_s).astype(np.float32), RATE))
    assert heard.top()[0][0] == "low"
    assert heard.ends_s.tolist() == [0.05]
    assert "shorter than 0.10 s" in caplog.text


def test_weights_that_are_not_there_or_damaged_are_refused(weights, tmp_path):
    with pytest.raises(TaskError, match="no task 'mood'; there are effects"):
        Classifier("mood")
    with pytest.raises(TaskError, match=r"no weights come with the task 'genre'.*mp3tomidi-train classify genre"):
        Classifier("genre")
    with pytest.raises(TaskError, match="mp3tomidi-drums --one-shots"):
        Classifier("one_shots")
    with pytest.raises(TaskError, match="holds no weights of the task 'genre'"):
        Classifier("genre", weights)
    damaged = tmp_path / "damaged"
    shutil.copytree(weights, damaged)
    card = json.loads((damaged / "classify_pitch.json").read_text())
    del card["task"]["classes"], card["task"]["name"]
    (damaged / "classify_pitch.json").write_text(json.dumps(card))
    with pytest.raises(WeightsError, match="card is damaged"):
        Classifier("pitch", damaged)


def test_a_file_that_is_no_sound_is_refused(weights, tmp_path):
    (tmp_path / "noise.wav").write_bytes(b"nothing")
    with pytest.raises(AudioError, match=r"noise\.wav"):
        Classifier("pitch", weights).classify(tmp_path / "noise.wav")
