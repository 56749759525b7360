"""Rendered batches: number i is the same whoever renders it, and nothing in it repeats what it should not."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.chains.training import effect_shares, training_chain
from mp3tomidi.train.datasets.rendered import RenderedBatch, RenderedMixes, batches_from
from mp3tomidi.train.recipe import NoteRecipe
from mp3tomidi.train.training.loop import new_trainer
from mp3tomidi.train.training_commands import mixes_for


@pytest.fixture(scope="module")
def mixes(tiny_recipe: NoteRecipe, tiny_banks: Path) -> RenderedMixes:
    return mixes_for(tiny_recipe, tiny_banks, tiny_banks, new_trainer(tiny_recipe, "cpu"))


def same(one: RenderedBatch, other: RenderedBatch) -> bool:
    return (
        torch.equal(one.sound, other.sound)
        and one.labels.notes.tobytes() == other.labels.notes.tobytes()
        and one.labels.drum_hits.tobytes() == other.labels.drum_hits.tobytes()
        and one.drawn.to_json() == other.drawn.to_json()
    )


def first(batches: Iterator[RenderedBatch], count: int) -> list[RenderedBatch]:
    return list(islice(batches, count))


def test_batch_i_is_the_same_whichever_process_renders_it(mixes: RenderedMixes) -> None:
    here = [mixes[index] for index in range(6)]
    assert all(same(*pair) for pair in zip(here, first(batches_from(mixes, 0, workers=0), 6), strict=True))
    assert all(same(*pair) for pair in zip(here, first(batches_from(mixes, 0, workers=2), 6), strict=True))
    assert all(same(*pair) for pair in zip(here[4:], first(batches_from(mixes, 4, workers=2), 2), strict=True))
    assert not same(here[0], here[1])


def test_another_seed_gives_other_batches(mixes: RenderedMixes) -> None:
    other = RenderedMixes(mixes.mixer, mixes.chain, seed=2, batch_clips=4, batch_count=1)
    assert not torch.equal(other[0].sound, mixes[0].sound)


def test_shapes_and_the_labels_clips(mixes: RenderedMixes) -> None:
    batch = mixes[3]
    assert batch.sound.shape == (4, 1, 16000)
    assert batch.sound.dtype == torch.float32
    clips = np.concatenate([batch.labels.notes["clip"], batch.labels.drum_hits["clip"]])
    assert set(clips.tolist()) <= {0, 1, 2, 3}
    assert (np.diff(batch.labels.notes["clip"]) >= 0).all()
    for clip in range(4):
        sound, labels = mixes.mixer.clip(np.random.default_rng([mixes.seed, 3, clip]))
        assert torch.equal(batch.sound[clip, 0], torch.from_numpy(sound))
        of_clip = batch.labels.notes[batch.labels.notes["clip"] == clip]
        assert of_clip["onset_s"].tolist() == labels.notes["onset_s"].tolist()


def test_effects_are_drawn_apart_from_what_is_played(mixes: RenderedMixes) -> None:
    """numpy seeds [s, i] and [s, i, 0] alike: effects drawn so would follow the first clip's own numbers."""
    drawn = mixes[5].drawn.to_json()
    for clip in range(mixes.batch_clips):
        rng = np.random.default_rng([mixes.seed, 5, clip])
        assert mixes.chain.draw(rng, mixes.batch_clips).to_json() != drawn
    assert mixes.chain.draw(np.random.default_rng([mixes.seed, 5]), mixes.batch_clips).to_json() != drawn


def test_finished_sound_has_its_effects_and_labels_moved_with_it(mixes: RenderedMixes) -> None:
    chain = training_chain(16000, effect_shares())
    batch = mixes[2]
    sound, labels = batch.finished(chain, torch.device("cpu"))
    assert sound.shape == (4, 16000)
    assert torch.isfinite(sound).all()
    assert not torch.equal(sound, batch.sound[:, 0])
    again, same_labels = batch.finished(chain, torch.device("cpu"))
    assert torch.equal(sound, again)
    expected = chain.labels(batch.labels, batch.drawn)
    assert labels.notes.tobytes() == expected.notes.tobytes() == same_labels.notes.tobytes()
