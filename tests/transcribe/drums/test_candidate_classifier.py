"""The two looks of a DrumJudge, from its files."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.drums import candidate_classifier
from mp3tomidi.transcribe.drums.candidate_classifier import DrumCandidateClassifier
from mp3tomidi.transcribe.drums.candidates import DrumActivations, find_candidates
from mp3tomidi.transcribe.drums.drum_judge import DOUBTFUL, DrumJudge
from mp3tomidi.transcribe.drums.features import FEATURE_COUNT, all_features
from mp3tomidi.transcribe.drums.second_look_features import context_features
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.registry import DRUM_JUDGE, NOTE_JUDGE
from mp3tomidi.transcribe.notes.note_judge import NoteJudge


def peaks(duration_s: float = 8.0) -> DrumActivations:
    rng = np.random.default_rng(0)
    onset = np.zeros((round(100 * duration_s), 8), np.float32)
    onset[20::25] = rng.uniform(0.1, 0.9, onset[20::25].shape)
    bands = rng.uniform(-2.0, 2.0, onset.shape).astype(np.float32)
    return DrumActivations(onset, onset, bands, bands, bands, 0.01)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A judge that says anything from certainly not to certainly at its first look."""
    torch.manual_seed(0)
    judge = DrumJudge().eval()
    activations = peaks()
    with torch.no_grad():
        first = judge.first(torch.from_numpy(all_features(activations, find_candidates(activations))))
        judge.first.layers[-1].weight.mul_(5.0 / first.std())
        judge.first.layers[-1].bias.add_(-5.0 * first.mean() / first.std())
        for member in judge.second.members:
            member.layers[-1].weight.mul_(4.0)
    folder = tmp_path_factory.mktemp("weights")
    checkpoint.save(judge, folder, {})
    return folder


def test_the_files_say_what_torch_says(folder: Path) -> None:
    activations = peaks()
    candidates = find_candidates(activations)
    probability = DrumCandidateClassifier(folder).probabilities(activations, candidates)
    judge = checkpoint.load(DrumJudge, folder)
    with torch.no_grad():
        features = torch.from_numpy(all_features(activations, candidates))
        first = judge.first(features)
        context = context_features(activations, candidates, torch.sigmoid(first).numpy())
        answers = [member(torch.from_numpy(context)) for member in judge.second.members]
        second = (answers[0] + answers[1] + answers[2]) / 3.0
    doubted = ((first > DOUBTFUL[0]) & (first < DOUBTFUL[1])).numpy()
    assert not torch.allclose(answers[0], answers[1], atol=0.01)
    assert 20 < doubted.sum() < len(doubted) - 20
    assert np.allclose(probability[doubted], torch.sigmoid(second).numpy()[doubted], atol=1e-4)
    assert np.allclose(probability[~doubted], torch.sigmoid(first).numpy()[~doubted], atol=1e-4)
    assert np.abs((torch.sigmoid(second) - torch.sigmoid(first)).numpy())[doubted].max() > 0.05


def test_a_long_recording_takes_little_more_memory_than_its_features(folder: Path) -> None:
    classifier, activations = DrumCandidateClassifier(folder), peaks(1200.0)
    candidates = find_candidates(activations)
    features_bytes = 4 * FEATURE_COUNT * len(candidates)
    tracemalloc.start()
    probability = classifier.probabilities(activations, candidates)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(probability) == len(candidates) > 30_000
    assert peak_bytes < 1.25 * features_bytes + 5 * activations.onset.nbytes


def test_nothing_is_judged_where_nothing_is_heard(folder: Path) -> None:
    silence = DrumActivations(*np.zeros((5, 100, 8), np.float32), 0.01)
    assert DrumCandidateClassifier(folder).probabilities(silence, find_candidates(silence)).shape == (0,)


def test_a_judge_of_one_look_is_refused(tmp_path: Path) -> None:
    checkpoint.save(NoteJudge().eval(), tmp_path, {}, replace(NOTE_JUDGE, name=DRUM_JUDGE.name))
    with pytest.raises(WeightsError, match="teach it again"):
        DrumCandidateClassifier(tmp_path)


def test_a_judge_that_saw_other_features_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate_classifier, "CONTEXT_COUNT", 112)
    with pytest.raises(WeightsError, match="teach it again"):
        DrumCandidateClassifier(folder)


def test_the_second_look_corrects_the_first_where_it_leaves_a_doubt() -> None:
    judge = DrumJudge().eval()
    said = (-3.6, -3.4, 0.0, 5.4, 5.6)
    answers = (0.5, 0.75, 1.0)
    for look, answer in zip((judge.first, *judge.second.members), (0.0, *answers), strict=True):
        torch.nn.init.zeros_(look.layers[-1].weight)
        torch.nn.init.constant_(look.layers[-1].bias, answer)
    for first in said:
        torch.nn.init.constant_(judge.first.layers[-1].bias, first)
        context = torch.zeros(1, judge.second.feature_count)
        context[0, 0] = first
        after, before = judge(torch.zeros(1, FEATURE_COUNT), context)
        assert before.item() == pytest.approx(first)
        assert after.item() == pytest.approx(first + 0.75 * (-3.5 < first < 5.5))
