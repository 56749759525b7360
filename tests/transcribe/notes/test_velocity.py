import json

import numpy as np
import pytest

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.notes.velocity import (
    FEATURES,
    VelocityReader,
    velocity_features,
    write,
)


def logistic(odds):
    return (1 / (1 + np.exp(-np.asarray(odds, np.float64)))).astype(np.float32)


def shown():
    """Log odds that say where they stand: frame + pitch / 100 for loudness, the negative for velocity."""
    odds = np.arange(8)[:, None] + np.arange(88) / 100
    nothing = np.zeros((8, 88), np.float32)
    return Activations(nothing, logistic(odds), nothing, logistic(-odds), logistic(odds), 0.02)


def folder_with(tmp_path, **weights):
    write(dict.fromkeys(FEATURES, 0.0) | weights, tmp_path, {})
    return tmp_path


def test_features_are_log_odds_around_the_onset():
    (seen,) = velocity_features(shown(), np.array([3]), np.array([44]))
    by_name = dict(zip(FEATURES, seen.tolist(), strict=True))
    assert by_name["velocity+0"] == pytest.approx(-3.44, abs=1e-3)
    assert by_name["velocity+6"] == pytest.approx(-7.44, abs=1e-2)  # the last frame, not beyond it
    assert by_name["loudness-4"] == pytest.approx(0.44, abs=1e-3)  # nor before the first
    assert by_name["loudness+2"] == pytest.approx(5.44, abs=1e-3)
    assert by_name["frame+2"] == pytest.approx(5.44, abs=1e-3)
    assert (by_name["pitch"], by_name["pitch squared"]) == (0.5, 0.25)


def test_certainty_is_no_infinity():
    nothing = np.zeros((8, 88), np.float32)
    surely = Activations(nothing, nothing, nothing, nothing, nothing + 1, 0.02)
    assert np.isfinite(velocity_features(surely, np.array([3]), np.array([44]))).all()


def test_velocities_are_differences_from_the_mean_of_the_recording(tmp_path):
    read = VelocityReader(folder_with(tmp_path, **{"loudness+0": 10.0}))
    found = read(shown(), np.array([2, 4]), np.array([30, 30]))
    assert found.tolist() == [75 - 18, 75 + 18]  # as measured: 1.8 times as far apart
    assert read(shown(), np.array([2]), np.array([30])).tolist() == [75]
    assert read(shown(), np.zeros(0, np.intp), np.zeros(0, np.intp)).tolist() == []


def test_velocities_are_midis(tmp_path):
    read = VelocityReader(folder_with(tmp_path, **{"loudness+0": 1000.0}))
    assert read(shown(), np.array([2, 4]), np.array([30, 30])).tolist() == [1, 127]


@pytest.mark.parametrize("weights", [None, {}, dict.fromkeys(FEATURES, "loud")])
def test_a_damaged_card_is_said_to_be_one(tmp_path, weights):
    card = {"format": 1, "network": "note_velocity", "weights": weights}
    (tmp_path / "note_velocity.json").write_text(json.dumps(card))
    with pytest.raises(WeightsError, match=r"note_velocity\.json"):
        VelocityReader(tmp_path)
