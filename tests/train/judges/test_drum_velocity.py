import numpy as np
import pytest
import torch

from mp3tomidi.train.judges.drum_velocity import (
    Strokes,
    _correlation,
    _in_units,
    joined,
    strokes_of,
    teach_drum_velocity,
)
from mp3tomidi.train.recipe import JudgeTraining
from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.drums.velocity import FEATURE_COUNT

KICK, SNARE = 0, 1


def test_strokes_are_what_is_played_and_clearly_heard():
    frame = np.array([5, 9, 13, 15, 7])
    piece = np.array([KICK, KICK, KICK, KICK, SNARE])
    height = np.array([0.9, 0.8, 0.7, 0.2, 0.9], np.float32)
    candidates = DrumCandidates(frame, piece, frame / 100, height)
    activations = DrumActivations(*np.random.default_rng(0).random((5, 20, 8), np.float32), 0.01)
    strokes = strokes_of(activations, candidates, np.array([60.0, 100.0, np.nan, 20.0, 90.0]), clip=7)
    assert strokes.velocity.tolist() == [-20.0, 20.0, 0.0]
    assert strokes.features.shape == (3, FEATURE_COUNT)
    assert strokes.features[0, 16:] == pytest.approx(-strokes.features[1, 16:])
    assert strokes.clip.tolist() == [7, 7, 7]
    twice = joined([strokes, strokes])
    assert (len(twice.features), twice.velocity.tolist()) == (6, [-20.0, 20.0, 0.0] * 2)


def test_velocities_are_learned_piece_by_piece():
    """Kicks are the harder the louder the first band is, snares the softer."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((4000, FEATURE_COUNT)).astype(np.float16)
    piece = rng.integers(0, 2, len(features))
    features[:, :8] = np.eye(8)[piece]
    velocity = (np.where(piece == KICK, 15.0, -15.0) * features[:, 30]).astype(np.float32)
    clip = (np.arange(len(features)) * 20 // len(features)).astype(np.int32)
    lines: list[str] = []
    training = JudgeTraining(clips=20, epochs=6, batch_candidates=64)
    net = teach_drum_velocity(Strokes(features, velocity, clip), training, lines.append)
    assert len(lines) == 6
    assert float(lines[-1].rpartition(" ")[2]) > 0.9
    with torch.no_grad():
        found = net(torch.from_numpy(features.astype(np.float32))).numpy()
    for one in (KICK, SNARE):
        assert np.corrcoef(found[piece == one], velocity[piece == one])[0, 1] > 0.95


def test_errors_are_in_units_of_16_and_correlations_of_what_is_found_with_what_is_played():
    played = torch.tensor([10.0, 20.0, 60.0])
    assert _in_units(played + 16.0, played).item() == pytest.approx(1.0)
    assert _in_units(played + 32.0, played).item() == pytest.approx(4.0)
    assert _correlation(5.0 - 0.1 * played, played) == "held-out velocities correlate by -1.000"
    assert _correlation(torch.tensor([0.0, 1.0, 0.0]), played).endswith(" -0.327")
