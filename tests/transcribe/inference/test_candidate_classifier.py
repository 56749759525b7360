import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.inference import candidate_classifier as module
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.inference.candidate_classifier import CandidateClassifier
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.registry import NOTE_JUDGE
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.notes.features import NoteFeatures
from mp3tomidi.transcribe.notes.note_judge import NoteJudge


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    checkpoint.save(NoteJudge().eval(), folder, {})
    return folder


def test_many_candidates_are_judged_in_parts_as_at_once_and_as_by_torch(folder, monkeypatch):
    activations = Activations(*np.random.default_rng(0).uniform(0, 1, (5, 200, 88)).astype(np.float32), 0.02)
    candidates = find_candidates(activations)
    judge, features = CandidateClassifier(folder, NOTE_JUDGE), NoteFeatures(activations, candidates)
    at_once = judge.probabilities(features)
    monkeypatch.setattr(module, "_CANDIDATES_AT_ONCE", 100)
    assert len(candidates) > 300
    assert np.allclose(judge.probabilities(features), at_once, atol=1e-6)
    with torch.no_grad():
        by_torch = torch.sigmoid(checkpoint.load(NoteJudge, folder)(torch.from_numpy(features.of(slice(None)))))
    assert np.allclose(by_torch, at_once, atol=1e-5)


def test_no_candidates_no_probabilities(folder):
    activations = Activations(*np.zeros((5, 10, 88), np.float32), 0.02)
    features = NoteFeatures(activations, find_candidates(activations))
    assert CandidateClassifier(folder, NOTE_JUDGE).probabilities(features).shape == (0,)
