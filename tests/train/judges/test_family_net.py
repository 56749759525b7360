from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mp3tomidi.augment.labels import NOTE, Labels
from mp3tomidi.train.judges import family_net
from mp3tomidi.train.judges.family_net import (
    _batch,
    _batches,
    _loss,
    _passage,
    _shares_right,
    _thinned,
    family_examples,
    teach_families,
)
from mp3tomidi.train.judges.passages import NO_KIND, Passage
from mp3tomidi.train.recipe import FamilyTraining, RecipeError
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.inference.timbres import POOLS
from mp3tomidi.transcribe.instruments import FAMILIES
from mp3tomidi.transcribe.networks.settings import FamilyNetSettings, NoteNetSettings

PIANO, BASS = FAMILIES.index("piano"), FAMILIES.index("bass")
TRAINING = FamilyTraining(clips=60, epochs=8, batch_passages=8, learning_rate=5e-3)
SETTINGS = FamilyNetSettings(timbre_count=10, hidden=32, channels=16, heads=2)


def passages(count=60, *, by_note):
    """Pianos and basses: by a number of each note's timbre, or by one of a single note of the passage."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        family = rng.choice([PIANO, BASS], 12) if by_note else np.full(12, rng.choice([PIANO, BASS]))
        timbre = rng.standard_normal((12, SETTINGS.timbre_count))
        told = slice(None) if by_note else slice(0, 1)
        timbre[told, 0] = np.where(family == PIANO, 3.0, -3.0)[told]
        place = np.stack([np.sort(rng.uniform(0, 6, 12)), rng.integers(30, 80, 12), np.full(12, -1.0)], axis=1)
        kind = np.full(12, NO_KIND)
        made.append(Passage(timbre.astype(np.float16), place.astype(np.float32), family, kind))
    return made


def right(net, some):
    with torch.no_grad():
        told = [
            net(torch.from_numpy(p.timbre[None].astype(np.float32)), torch.from_numpy(p.place[None])).argmax(-1)[0]
            for p in some
        ]
    return np.mean([np.mean(one.numpy() == p.family) for one, p in zip(told, some, strict=True)])


def test_families_are_learned_from_timbres():
    lines = []
    net = teach_families(passages(by_note=True), SETTINGS, TRAINING, lines.append)
    assert len(lines) == TRAINING.epochs + 1  # and that there are no kinds
    assert f"piano {100:.0f}" in lines[-2]
    assert right(net, passages(by_note=True)) > 0.95


def test_one_clear_note_tells_what_the_others_of_its_passage_are():
    data = passages(240, by_note=False)
    training = FamilyTraining(clips=240, epochs=20, batch_passages=8, learning_rate=5e-3, most_left_out=0.0)
    net = teach_families(data, SETTINGS, training, lambda _: None)
    assert right(net, data[:24]) > 0.9  # held out


class FlatEngine:
    """Hears nothing, and has a last layer that says where it is: the frame, and the pitch."""

    def __init__(self):
        self.settings = NoteNetSettings(front_end=LogFrequencySettings())

    def tuned(self, survey):
        def listen(sound):
            frames = len(sound) // self.settings.front_end.hop_samples
            layer = np.zeros((2, frames, 88), np.float32)
            layer[0], layer[1] = np.arange(frames)[:, None], np.arange(88)
            return np.zeros((5, frames, 88), np.float32), layer

        return listen


def examples_of(monkeypatch, rows, **settings):
    sound = np.zeros(4 * 16000, np.float32)
    notes = np.array([(0, *row) for row in rows], NOTE)
    labels = Labels(notes)
    monkeypatch.setattr(family_net, "finished_clips", lambda *_, **__: iter([(sound, labels)]))
    return family_examples(FlatEngine(), None, None, FamilyTraining(onset_jitter_s=0.0, **settings))


def test_an_example_is_the_last_layer_around_each_note(monkeypatch):
    rows = [(0.5 * i, 0.5 * i + 0.25, 40 + i, 64, 0 if i < 3 else 33) for i in range(6)]
    too_late, too_high, unknown = (3.6, 3.9, 60, 64, 0), (1.0, 2.0, 110, 64, 0), (1.0, 2.0, 60, 64, 127)
    (passage,) = examples_of(monkeypatch, [*rows, too_late, too_high, unknown])
    assert passage.family.tolist() == [PIANO] * 3 + [BASS] * 3
    timbre = passage.timbre.reshape(6, len(POOLS), 2)
    assert timbre[2, 1, 0] == pytest.approx(50.5)  # the mean of the onset's frame and the next
    assert timbre[:, 1, 1].tolist() == [40 + i - 21 for i in range(6)]
    assert passage.place[:, 0].tolist() == [0.5 * i for i in range(6)]
    assert passage.place[:, 2] == pytest.approx(np.log(0.25))


def test_mixes_without_notes_teach_nothing(monkeypatch):
    with pytest.raises(RecipeError, match="no notes"):
        examples_of(monkeypatch, [(0.0, 1.0, 60, 64, 0)])


def test_a_passage_has_four_notes_at_least_that_begin_half_a_second_before_the_end(monkeypatch):
    notes = [(0.1, 0.4, 60, 64, 0), (1.0, 1.4, 60, 64, 0), (2.0, 2.4, 60, 64, 0)]
    (passage,) = examples_of(monkeypatch, [*notes, (3.49, 3.9, 72, 64, 33)])
    assert passage.family.tolist() == [PIANO, PIANO, PIANO, BASS]
    with pytest.raises(RecipeError, match="no notes"):
        examples_of(monkeypatch, [*notes, (3.5, 3.9, 72, 64, 33)])


def test_clips_are_counted_from_one_also_those_that_teach_nothing(monkeypatch):
    four = np.array([(0, 0.5 * i, 0.5 * i + 0.3, 60, 64, 0) for i in range(4)], NOTE)
    clips = [(np.zeros(4 * 16000, np.float32), Labels(notes)) for notes in (four, four[:3], four)]
    monkeypatch.setattr(family_net, "finished_clips", lambda *_, **__: iter(clips))
    done = []
    assert len(family_examples(FlatEngine(), None, None, FamilyTraining(), done.append)) == 2
    assert done == [1, 2, 3]


def test_jitter_moves_where_the_layer_is_read_and_not_the_onset():
    """An onset before the clip is one of its first moment; no frame lies before it, either."""
    notes = np.array([(0, onset_s, 3.0, 60, 64, 0) for onset_s in (-0.04, 1.0, 2.0, 0.02)], NOTE)
    passage = _passage(FlatEngine(), np.zeros(4 * 16000, np.float32), notes, np.array([0.2, 0.1, -0.1, -0.5]))
    first_frame = passage.timbre.reshape(4, len(POOLS), 2)[:, 1, 0] - 0.5
    assert first_frame.tolist() == [10, 55, 95, 0]
    assert passage.place[:, 0] == pytest.approx([0.0, 1.0, 2.0, 0.02])


def test_what_is_held_out_does_not_standardise(steps):
    """The two first of ten are held out; the taught ones have timbres of mean 5 and deviation 2 in each column."""
    some = passages(10, by_note=True)
    taught = [replace(p, timbre=np.tile([[3.0], [7.0]], (6, 10)).astype(np.float16)) for p in some[2:]]
    held_out = [replace(p, timbre=p.timbre + 100) for p in some[:2]]
    training = FamilyTraining(epochs=1, batch_passages=4, held_out_share=0.2)
    net = teach_families([*held_out, *taught], SETTINGS, training, lambda _: None)
    assert net.mean.numpy() == pytest.approx(np.full(10, 5.0))
    assert net.deviation.numpy() == pytest.approx(np.full(10, 2.001))
    assert len(steps) == 2


def test_the_rate_rises_for_a_tenth_and_falls_to_zero(steps):
    lines = []
    training = FamilyTraining(epochs=10, batch_passages=2, learning_rate=1e-3, held_out_share=0.0)
    teach_families(passages(7, by_note=True), SETTINGS, training, lines.append)
    rates = [step.rate for step in steps]
    assert len(rates) == 40  # four batches of seven passages in an epoch
    assert np.argmax(rates) == 3
    assert max(rates) == pytest.approx(1e-3)
    assert rates[-1] < 1e-7
    assert lines[:2] == [f"epoch {epoch} of 10: no passages held out" for epoch in (1, 2)]


def test_steep_gradients_are_cut_to_length_one(steps, monkeypatch):
    monkeypatch.setattr(family_net, "ALONE_WEIGHT", 1000.0)
    teach_families(passages(4, by_note=True), SETTINGS, FamilyTraining(epochs=1), lambda _: None)
    assert [step.gradient_norm for step in steps] == pytest.approx([1.0], abs=1e-3)


@pytest.mark.parametrize(("knows", "nats"), [("neither", 1.5), ("in_company", 0.5), ("alone", 1.0)])
def test_what_a_note_tells_alone_counts_half(knows, nats):
    """In units of the loss of a guess, log 8; what only fills a passage up counts nothing."""
    family = torch.tensor([[PIANO, BASS, 0]])
    there = torch.tensor([[True, True, False]])
    guess = torch.zeros(1, 3, len(FAMILIES))
    guess[0, 2] = torch.nan
    answers = {name: guess.clone() for name in ("in_company", "alone")}
    if knows in answers:
        answers[knows][0, [0, 1], [PIANO, BASS]] = 100.0
    net = SimpleNamespace(
        of_notes=lambda timbre, _: timbre,
        in_company=lambda *_: answers["in_company"],
        alone=lambda _: answers["alone"],
    )
    loss = _loss(net, (torch.zeros(1, 3, 1), torch.zeros(1, 3, 3), there, family), label_smoothing=0.0)
    assert loss.item() == pytest.approx(nats * np.log(8))


def test_passages_are_taken_together_in_order_and_whole():
    some = passages(5, by_note=True)
    batches = list(_batches(some, FamilyTraining(batch_passages=2, most_left_out=1.0, most_notes=4)))
    assert [len(family) for _, _, _, family in batches] == [2, 2, 1]
    taken = np.concatenate([family.numpy() for _, _, _, family in batches])
    assert np.array_equal(taken, [passage.family for passage in some])


def test_a_batch_is_filled_up_to_its_longest_passage():
    one, other = passages(2, by_note=True)
    long, short = one.only(np.arange(5)), other.only(np.arange(3))
    timbre, place, there, family = _batch([short, long])
    assert there.tolist() == [[True] * 3 + [False] * 2, [True] * 5]
    for values, name in ((timbre, "timbre"), (place, "place"), (family, "family")):
        assert np.array_equal(values[0, :3], getattr(short, name))
        assert np.array_equal(values[1], getattr(long, name))
        assert not values[0, 3:].any()


class Draws:
    """Draws these numbers for notes, and the largest share that may be left out."""

    def __init__(self, *of_notes):
        self.of_notes = np.array(of_notes)

    def random(self, count):
        assert count == len(self.of_notes)
        return self.of_notes

    def uniform(self, low, high):
        assert low == 0.0
        return high


def test_notes_are_left_out_unless_fewer_than_four_would_stay():
    passage = passages(1, by_note=True)[0].only(np.arange(6))
    training = FamilyTraining(most_left_out=0.5)
    four = _thinned(passage, training, Draws(0.6, 0.4, 0.9, 0.7, 0.1, 0.8))
    assert np.array_equal(four.timbre, passage.timbre[[0, 2, 3, 5]])
    three = _thinned(passage, training, Draws(0.6, 0.4, 0.9, 0.3, 0.1, 0.8))
    assert np.array_equal(three.timbre, passage.timbre)


def test_of_a_long_passage_some_notes_are_taken_once_each_and_in_order():
    (passage,) = passages(1, by_note=True)
    training = FamilyTraining(most_left_out=0.0, most_notes=9)
    for seed in range(5):
        thinned = _thinned(passage, training, np.random.default_rng(seed))
        assert len(thinned.family) == 9
        assert (np.diff(thinned.place[:, 0]) > 0).all()


def test_shares_are_of_all_notes_and_of_those_of_each_family():
    """Pianos: three of four right; a guitar: right; a bass: taken for a piano."""
    guitar = FAMILIES.index("guitar")
    family = np.array([PIANO, PIANO, PIANO, PIANO, guitar, BASS])
    answer = np.array([PIANO, PIANO, PIANO, BASS, guitar, PIANO])
    whole = Passage(answer[:, None].astype(np.float16), np.zeros((6, 3), np.float32), family, np.full(6, NO_KIND))

    def net(timbre, _, there):
        return torch.nn.functional.one_hot(timbre[..., 0].long(), len(FAMILIES)).float()

    parts = [whole.only(np.arange(2)), whole.only(np.arange(2, 6))]
    for some in ([whole], parts):
        shares = _shares_right(net, some, FamilyTraining())
        assert shares.startswith("66.7 % of the held-out notes right (piano 75, keys 0, guitar 100, bass 0, strings 0")


def test_notes_on_the_keyboard_that_begin_in_the_clip_or_just_before_teach():
    rows = [
        (-0.04, 1, 60),
        (-0.05, 1, 64),
        (-0.06, 1, 61),
        (0.5, 1, 21),
        (0.5, 1, 108),
        (0.5, 1, 20),
        (0.5, 1, 109),
        (3.49, 4, 62),
        (3.5, 4, 63),
    ]
    notes = np.array([(0, onset_s, offset_s, pitch, 80, 0) for onset_s, offset_s, pitch in rows], NOTE)
    assert family_net._teaching(notes, 3.5)["pitch"].tolist() == [60, 64, 21, 108, 62]
