import numpy as np
import pytest
import torch

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.train.judges import family_net
from mp3tomidi.train.judges.family_net import family_examples, teach_families
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
    labels = family_net.finished_clips.__globals__["Labels"](notes)
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


def test_notes_on_the_keyboard_that_begin_in_the_clip_or_just_before_teach():
    rows = [
        (-0.04, 1, 60),
        (-0.06, 1, 61),
        (0.5, 1, 21),
        (0.5, 1, 108),
        (0.5, 1, 20),
        (0.5, 1, 109),
        (3.49, 4, 62),
        (3.5, 4, 63),
    ]
    notes = np.array([(0, onset_s, offset_s, pitch, 80, 0) for onset_s, offset_s, pitch in rows], NOTE)
    assert family_net._teaching(notes, 3.5)["pitch"].tolist() == [60, 21, 108, 62]
