import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.activations import Activations
from mp3tomidi.transcribe.candidates import Surroundings, find_candidates
from mp3tomidi.transcribe.models import note_judge
from mp3tomidi.transcribe.models.note_judge import NoteJudge


@pytest.fixture
def judge():
    torch.manual_seed(0)
    return NoteJudge().eval()


def test_many_candidates_are_judged_in_parts_as_at_once(judge, monkeypatch):
    activations = Activations(*np.random.default_rng(0).uniform(0, 1, (4, 200, 88)).astype(np.float32), 0.02)
    candidates = find_candidates(activations)
    at_once = judge.probabilities(activations, candidates)
    monkeypatch.setattr(note_judge, "_CANDIDATES_AT_ONCE", 100)
    assert len(candidates) > 300
    assert np.allclose(judge.probabilities(activations, candidates), at_once, atol=1e-6)
    features = Surroundings(activations, candidates).features(slice(0, 5))
    with torch.no_grad():
        assert np.allclose(torch.sigmoid(judge(torch.from_numpy(features))), at_once[:5], atol=1e-6)


def test_no_candidates_no_probabilities(judge):
    activations = Activations(*np.zeros((4, 10, 88), np.float32), 0.02)
    assert judge.probabilities(activations, find_candidates(activations)).shape == (0,)
