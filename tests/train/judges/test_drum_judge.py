"""Which candidates teach a DrumJudge's looks, and what they are said to be."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mp3tomidi.augment.labels import Labels
from mp3tomidi.train.evaluation.drum_scores import by_piece
from mp3tomidi.train.judges import drum_judge
from mp3tomidi.train.judges.drum_judge import doubtful, drum_examples, played_velocities, teach_looks
from mp3tomidi.train.recipe import DrumJudgeTraining, JudgeTraining
from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.drums.drum_judge import DrumJudge
from mp3tomidi.transcribe.drums.features import FEATURE_COUNT
from mp3tomidi.transcribe.networks.settings import DrumJudgeSettings

KICK, SNARE = 0, 1


def examples(monkeypatch, clips=2, progress=lambda _: None):
    """Clips with peaks of the kick at .5 and 1 s and of the snare at 1.5 s; the first and the last are played."""
    onset = np.full((200, 8), 0.001, np.float32)
    onset[[50, 100, 150], [KICK, KICK, SNARE]] = 0.9
    activations = DrumActivations(onset, *np.random.default_rng(0).random((4, 200, 8), np.float32), 0.01)
    rendered = [(np.zeros(32_000, np.float32), Labels.of_drum_hits([(0.51, 36, 90), (1.5, 38, 70)]))] * clips
    monkeypatch.setattr(drum_judge, "drum_activations", lambda *_: (activations, 2.0))
    monkeypatch.setattr(drum_judge, "finished_clips", lambda *_, **__: iter(rendered))
    return drum_examples(None, SimpleNamespace(sample_rate=16_000), None, JudgeTraining(clips=clips), progress)


def test_candidates_at_labelled_hits_are_hits_and_strokes(monkeypatch):
    done = []
    found = examples(monkeypatch, progress=done.append)
    assert done == [1, 2]
    assert found.judged.is_event.tolist() == [True, False, True] * 2
    assert found.judged.clip.tolist() == [0] * 3 + [1] * 3
    assert found.judged.features.shape == (6, FEATURE_COUNT)
    assert found.strokes.clip.tolist() == [0, 0, 1, 1]
    assert [clip.activations.onset.dtype for clip in found.clips] == [np.float16] * 2


def test_a_hit_is_matched_with_a_candidate_of_its_piece():
    time_s = np.array([0.5, 1.0, 0.52, 1.04])
    piece = np.array([KICK, KICK, SNARE, SNARE])
    candidates = DrumCandidates(np.round(100 * time_s).astype(np.intp), piece, time_s, np.full(4, 0.9, np.float32))
    hits = by_piece(Labels.of_drum_hits([(0.5, 36, 90), (1.0, 38, 70)]).drum_hits, 2.0)
    assert played_velocities(hits, candidates) == pytest.approx([90, np.nan, np.nan, 70], nan_ok=True)


def test_the_second_look_is_taught_on_what_the_first_leaves_in_doubt(monkeypatch):
    """Of the first clip it leaves the second candidate in doubt, of the second one the first and the third.

    What lies on a bound is in no doubt, as in DrumJudge itself.
    """
    found = examples(monkeypatch)
    odds = torch.tensor([-3.5, -3.4, 5.5, 5.4, -9.0, 0.0])
    in_doubt = doubtful(lambda _: odds, found)
    assert in_doubt.is_event.tolist() == [False, True, True]
    assert in_doubt.clip.tolist() == [0, 1, 1]
    assert in_doubt.features[:, 0].astype(float) == pytest.approx([-3.4, 5.4, 0.0], abs=0.02)


@pytest.mark.parametrize("kept", [False, True])
def test_looks_are_taught_one_by_one_with_seeds_of_their_own(kept, monkeypatch):
    found = examples(monkeypatch)
    doubt = SimpleNamespace()
    monkeypatch.setattr(drum_judge, "doubtful", lambda *_: doubt)
    given = []

    def taught(new, data, training):
        given.append((data, training.seed))
        return new()

    judge = DrumJudge(DrumJudgeSettings(second_looks=3))
    before = judge.first, *judge.second.members
    teach_looks(judge, found, taught, DrumJudgeTraining(seed=7, first_look_kept=kept))
    seconds = [(doubt, 7), (doubt, 8), (doubt, 9)]
    assert given == (seconds if kept else [(found.judged, 7), *seconds])
    after = judge.first, *judge.second.members
    assert [new is old for new, old in zip(after, before, strict=True)] == [kept, False, False, False]
    assert not judge.training


def test_a_single_second_look_is_taught(monkeypatch):
    judge = DrumJudge(DrumJudgeSettings(second_looks=1))
    monkeypatch.setattr(drum_judge, "doubtful", lambda *_: None)
    teach_looks(judge, examples(monkeypatch), lambda new, *_: new(), DrumJudgeTraining())
    assert len(judge.second.members) == 1
