from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.linalg import hadamard

from mp3tomidi.augment.labels import DRUM_HIT, NOTE, Labels
from mp3tomidi.train.judges import drum_judge, judge_training, note_judge
from mp3tomidi.train.judges.judge_training import JudgedCandidates, JudgeRun, _loss_and_share_right, teach_judge
from mp3tomidi.train.judges.note_judge import NoteExamples, played_velocities, teach_velocities
from mp3tomidi.train.judges.perceptron_fitting import fit
from mp3tomidi.train.recipe import JudgeTraining, RecipeError
from mp3tomidi.transcribe.drums.candidates import DrumActivations
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.notes.features import FEATURE_COUNT
from mp3tomidi.transcribe.notes.note_judge import NoteJudge
from mp3tomidi.transcribe.notes.velocity import FEATURES

TRAINING = JudgeTraining(clips=20, epochs=4, batch_candidates=64)


def examples(count=2000):
    """Candidates that are notes with a probability that their first feature tells."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((count, FEATURE_COUNT)).astype(np.float16)
    odds = 3.0 * features[:, 0].astype(float)
    is_note = rng.random(count) < 1 / (1 + np.exp(-odds))
    telling = rng.standard_normal((count, len(FEATURES))).astype(np.float32)
    velocity = 6.0 * telling[:, 2] - 3.0 * telling[:, 9] + rng.normal(0.0, 8.0, count)
    clip = (np.arange(count) * 20 // count).astype(np.int32)
    return NoteExamples(JudgedCandidates(features, is_note, clip), telling, velocity.astype(np.float32))


def test_a_judge_learns_what_tells_notes_apart():
    lines = []
    data = examples().judged
    judge = teach_judge(NoteJudge, data, TRAINING, lines.append)
    with torch.no_grad():
        probability = torch.sigmoid(judge(torch.from_numpy(data.features.astype(np.float32)))).numpy()
    clear = np.abs(data.features[:, 0]) > 1
    assert ((probability > 0.5) == (data.features[:, 0] > 0))[clear].mean() > 0.95
    assert len(lines) == 4
    assert "held-out loss" in lines[-1]


def test_what_is_said_of_a_judge_is_in_percent():
    is_note = np.arange(800) % 4 == 0
    features = np.zeros((800, FEATURE_COUNT), np.float16)
    features[:, 0] = np.where(is_note, 1.0, -1.0)
    lines = []
    data = JudgedCandidates(features, is_note, (np.arange(800) // 40).astype(np.int32))
    run = JudgeRun(
        SimpleNamespace(judge_training=replace(TRAINING, epochs=12, learning_rate=1e-2)),
        *[None] * 6,
        report=lines.append,
    )
    run.taught(NoteJudge, data)
    assert lines[0] == "\n800 candidates, 25.0 % of them played"
    assert lines[1].startswith("epoch 1 of 12: held-out loss ")
    assert lines[-1].endswith(", 100.0 % right")


def test_what_is_held_out_teaches_nothing():
    data = examples(400).judged
    taught, held_out = [], []

    def loss(answers, clip):
        taught.extend(clip.tolist())
        return (answers**2).mean()

    def describe(_, clip):
        held_out.extend(clip.tolist())
        return ""

    fit(NoteJudge, data.features, data.clip.astype(np.float32), data.clip, TRAINING, loss, describe, lambda _: None)
    assert sorted(held_out) == sorted(4 * [clip for clip in data.clip if clip >= 18])  # a tenth of 20, in four epochs
    assert sorted(taught) == sorted(4 * [clip for clip in data.clip if clip < 18])


def test_the_same_seed_gives_the_same_judge():
    one, other = (teach_judge(NoteJudge, examples(300).judged, TRAINING, lambda _: None) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize(("module", "examples_of"), [(note_judge, "note_examples"), (drum_judge, "drum_examples")])
def test_a_network_that_finds_nothing_is_not_judged(module, examples_of, monkeypatch):
    class FindsNothing:
        def activations(self, _):
            return Activations(*np.zeros((5, 100, 88), np.float32), 0.02), None

    drums = DrumActivations(*np.zeros((5, 200, 8), np.float32), 0.01)
    monkeypatch.setattr(drum_judge, "drum_activations", lambda *_: (drums, 2.0))
    clips = [(np.zeros(32_000, np.float32), Labels(np.zeros(1, NOTE), np.zeros(1, DRUM_HIT)))] * 2
    monkeypatch.setattr(module, "finished_clips", lambda *_, **__: iter(clips))
    done = []
    with pytest.raises(RecipeError, match="teach it longer"):
        getattr(module, examples_of)(FindsNothing(), SimpleNamespace(sample_rate=16_000), None, TRAINING, done.append)
    assert done == [1, 2]


def test_what_a_clip_teaches_are_its_candidates_those_at_labelled_notes_as_notes(monkeypatch):
    """Three peaks, at 1, 2 and 3 s; two of them are notes, the louder 20 over the softer."""
    onset, rest = np.zeros((200, 88), np.float32), np.full((4, 200, 88), 0.1, np.float32)
    for frame, key in ((50, 39), (100, 41), (150, 43)):
        onset[frame, key] = 0.9

    class Hears:
        def activations(self, _):
            return Activations(onset, *rest, 0.02), None

    notes = np.zeros(2, NOTE)
    notes["onset_s"], notes["offset_s"], notes["pitch"], notes["velocity"] = [1.0, 2.0], [1.5, 2.5], [60, 62], [90, 70]
    clips = [(np.zeros(64_000, np.float32), Labels(notes))] * 2
    monkeypatch.setattr(note_judge, "finished_clips", lambda *_, **__: iter(clips))
    found = note_judge.note_examples(Hears(), None, None, TRAINING)
    assert found.judged.is_event.tolist() == [True, True, False] * 2
    assert found.judged.clip.tolist() == [0] * 3 + [1] * 3
    assert found.judged.features.shape == (6, FEATURE_COUNT)
    assert found.velocity.tolist() == [10.0, -10.0] * 2
    assert found.velocity_features.shape == (4, len(FEATURES))


def test_candidates_are_matched_as_the_evaluation_does():
    notes = np.zeros(3, NOTE)
    notes["onset_s"], notes["offset_s"], notes["pitch"] = [1.0, 2.0, -0.5], [1.5, 2.5, 0.5], [60, 62, 64]
    notes["velocity"] = [50, 0, 90]
    onset_s = np.array([1.04, 1.02, 2.06, 0.01, 2.0])
    pitch = np.array([60, 60, 62, 64, 63])
    # One candidate of two near the first note; the second is too late; the third began before the clip, and is heard to
    # begin with it, nobody knows how loud.
    played = played_velocities(notes, onset_s, pitch)
    assert np.nanmax(played[:2]) == 50
    assert np.isnan(played).tolist() in ([False, True, True, False, True], [True, False, True, False, True])
    assert played[3] == 0
    notes["offset_s"][2] = 0.05  # hardly there
    assert np.isnan(played_velocities(notes, onset_s, pitch)[3])
    assert played_velocities(notes, np.array([2.01]), np.array([62])).tolist() == [0]


def test_what_tells_velocities_is_found_by_least_squares():
    data = examples()
    data.velocity_features[:, 9] *= 10.0  # of another unit
    weights = teach_velocities(data)
    assert list(weights) == list(FEATURES)
    told = {FEATURES[2]: 6.0, FEATURES[9]: -0.3}
    assert weights == pytest.approx({name: told.get(name, 0.0) for name in FEATURES}, abs=0.6)


def test_the_weights_of_velocities_are_those_of_a_ridge_regression():
    """Of n rows of orthogonal features, each of length 1, least squares' weights are held back by n / (n + ridge)."""
    unit = 1.0 + np.arange(len(FEATURES))
    features = (hadamard(128)[:, 1 : len(FEATURES) + 1] * unit).astype(np.float32)
    told = np.arange(len(FEATURES)) - 7.0
    velocity = (features @ told).astype(np.float32)
    weights = teach_velocities(NoteExamples(examples(20).judged, features, velocity))
    assert list(weights.values()) == pytest.approx(told * 128 / 138, abs=2e-5)
    assert all(weight == round(weight, 5) for weight in weights.values())


def test_notes_of_unknown_velocity_are_notes_and_tell_no_velocity(monkeypatch):
    onset, rest = np.zeros((200, 88), np.float32), np.full((4, 200, 88), 0.1, np.float32)
    for frame in (50, 100, 150):
        onset[frame, 39] = 0.9
    network = SimpleNamespace(activations=lambda _: (Activations(onset, *rest, 0.02), None))
    clips = [
        (
            np.zeros(64_000, np.float32),
            Labels.of_notes([(s, s + 0.5, 60, v) for s, v in zip((1, 2, 3), of, strict=True)]),
        )
        for of in ((1, 0, 11), (0, 0, 0))
    ]
    monkeypatch.setattr(note_judge, "finished_clips", lambda *_, **__: iter(clips))
    done = []
    found = note_judge.note_examples(network, None, None, TRAINING, done.append)
    assert done == [1, 2]
    assert found.judged.is_event.all()
    assert found.velocity.tolist() == [-5.0, 5.0]
    assert len(found.velocity_features) == 2


def test_notes_of_the_keyboard_that_begin_in_the_clip_keep_their_velocity():
    rows = [(0.0, 0.5, 21), (0.5, 0.9, 108), (1.0, 1.5, 20), (1.0, 1.5, 109), (0.0, 0.05, 60)]
    notes = np.array([(0, onset_s, offset_s, pitch, 80, 0) for onset_s, offset_s, pitch in rows], NOTE)
    played = played_velocities(notes, notes["onset_s"], notes["pitch"].astype(np.intp))
    assert played[:2].tolist() == [80, 80]
    assert np.isnan(played[2:]).all()
    short = np.array([(0, -0.5, 0.3, 60, 80, 0)], NOTE)  # sounds for 0.3 s in the clip
    assert played_velocities(short, np.zeros(1), np.array([60])).tolist() == [0]


def test_what_is_right_lies_on_the_events_side_of_even_odds():
    logits, is_event = torch.tensor([0.5, -2.0, 3.0, -1.0, 0.7]), torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0])
    loss = np.log1p(np.exp(-np.array([0.5, 2.0, -3.0, -1.0, 0.7]))).mean()
    assert _loss_and_share_right(logits, is_event) == f"held-out loss {loss:.4f}, 60.0 % right"


def test_a_judge_is_taught_by_the_recipe_unless_by_other_settings(monkeypatch):
    of_recipe, other = JudgeTraining(seed=5), JudgeTraining(seed=6)
    given = []
    monkeypatch.setattr(judge_training, "teach_judge", lambda *words: given.append(words[2]))
    run = JudgeRun(SimpleNamespace(judge_training=of_recipe), *[None] * 6, report=lambda _: None)
    data = examples(20).judged
    run.taught(NoteJudge, data)
    run.taught(NoteJudge, data, other)
    assert given == [of_recipe, other]


def test_the_rate_falls_to_zero_on_a_straight_line(steps):
    data = examples(400).judged
    training = replace(TRAINING, batch_candidates=100, learning_rate=1e-3)
    teach_judge(NoteJudge, data, training, lambda _: None)
    # four batches an epoch, of the 360 candidates that are not held out
    assert [step.rate for step in steps] == pytest.approx(1e-3 * (1 - np.arange(16) / 16))


def test_features_are_standardised_by_all_candidates():
    data = examples(400).judged
    features = np.tile([[3.0], [7.0]], (200, FEATURE_COUNT)).astype(np.float16)
    lines = []
    judge = teach_judge(
        NoteJudge, replace(data, features=features), replace(TRAINING, held_out_share=0.0, epochs=1), lines.append
    )
    assert judge.mean.numpy() == pytest.approx(np.full(FEATURE_COUNT, 5.0))
    assert judge.deviation.numpy() == pytest.approx(np.full(FEATURE_COUNT, 2.001))
    assert lines == ["epoch 1 of 1: no clips held out"]
