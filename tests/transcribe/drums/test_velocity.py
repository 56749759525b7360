"""How hard drums are struck, of activations that say where they stand: frame + cell / 100."""

import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.drums import velocity
from mp3tomidi.transcribe.drums.candidates import DrumActivations
from mp3tomidi.transcribe.drums.velocity import (
    FEATURE_COUNT,
    VelocityReader,
    against_mean,
    velocity_features,
)
from mp3tomidi.transcribe.drums.velocity_net import DrumVelocity
from mp3tomidi.transcribe.networks import checkpoint

KICK, SNARE = 0, 1
QUICK_FROM = 28 + 6 * 8  # where these features begin
NONE = np.zeros(0, np.intp)


def shown(loud=0.5):
    place = np.arange(20, dtype=np.float32)[:, None] + np.arange(8, dtype=np.float32) / 100
    onset = 1 / (1 + np.exp(-place / 10))
    return DrumActivations(onset, np.full((20, 8), loud, np.float32), 10 * place, place, place, 0.01)


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Twenty more for each power of ten that the lowest band, in the quick view, is louder in the frame of the peak."""
    monkeypatch.setattr(velocity, "Session", lambda *_: lambda features: 20.0 * features[:, QUICK_FROM + 2 * 8])
    return VelocityReader(tmp_path)


def test_a_stroke_is_seen_against_the_others_on_its_piece():
    frame, piece = np.array([6, 10, 3]), np.array([KICK, KICK, SNARE])
    kick, other, snare = velocity_features(shown(), frame, piece)
    assert kick.shape == (FEATURE_COUNT,)
    assert (kick[:8].tolist(), snare[:8].tolist()) == ([1, *7 * [0]], [0, 1, *6 * [0]])
    assert kick[8:16] == pytest.approx(0.6 + np.arange(8) / 1000, abs=1e-4)  # log odds of all pieces
    assert kick[16:24] == pytest.approx(8 * [-0.2], abs=1e-4)  # the kicks' mean is frame 8
    assert kick[28:] == pytest.approx([-20, *7 * [-20]] * 6 + [-2, *7 * [-2]] * 6, abs=1e-4)
    assert other[16:] == pytest.approx(-kick[16:])
    assert snare[16:] == pytest.approx(0.0)  # alone on its piece: nothing is known


def test_before_the_first_frame_and_after_the_last_is_what_is_there():
    first, last = velocity_features(shown(), np.array([0, 19]), np.array([KICK, KICK]))
    assert np.isfinite([first, last]).all()
    assert first[QUICK_FROM] - last[QUICK_FROM] == pytest.approx(0 - 16)
    assert first[-8] - last[-8] == pytest.approx(4 - 19)


def test_each_piece_has_a_mean_of_its_own():
    values = np.array([1.0, 5.0, 3.0, 30.0])
    assert against_mean(values, np.array([4, 2, 4, 2])).tolist() == [-1.0, -12.5, 1.0, 12.5]


def test_velocities_spread_around_what_the_network_says_of_their_piece(read):
    found = read(shown(), np.array([6, 6, 6, 7]), np.array([KICK, SNARE, SNARE, KICK]))
    assert found.tolist() == [50, 64, 64, 78]  # 1.4 times as far apart as the network says: 63.5 - 14 and + 14


def test_velocities_are_midis(read):
    assert read(shown(), np.array([2, 15]), np.array([KICK, KICK])).tolist() == [1, 127]
    assert read(shown(loud=1.0), np.array([2]), np.array([SNARE])).tolist() == [127]
    assert read(shown(), NONE, NONE).tolist() == []


def test_the_reader_says_what_torch_says(tmp_path):
    torch.manual_seed(0)
    checkpoint.save(DrumVelocity().eval(), tmp_path, {})
    net = checkpoint.load(DrumVelocity, tmp_path)
    frame, piece = np.array([5, 6, 9, 12]), np.array([KICK, 4, KICK, 4])
    with torch.no_grad():
        difference = net(torch.from_numpy(velocity_features(shown(), frame, piece))).numpy()
    assert np.abs(difference).max() > 1.0
    expected = np.round(0.5 * 127 + 1.4 * difference)
    assert VelocityReader(tmp_path)(shown(), frame, piece).tolist() == np.clip(expected, 1, 127).tolist()


def test_each_piece_reads_its_own_velocity():
    net = DrumVelocity().eval()
    torch.nn.init.zeros_(net.layers[-1].weight)
    net.layers[-1].bias.data = torch.arange(8.0)
    with torch.no_grad():
        assert net(torch.eye(8, FEATURE_COUNT)).tolist() == (16.0 * np.arange(8)).tolist()
