import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from mp3tomidi.augment import AugmentedDataset, AugmentingCollate, Compose, Labels, Step
from mp3tomidi.augment.labels import DRUM_HIT

RATE = 16000
AUGMENT = Compose([Step("detune", cents=(30.0, 50.0)), Step("reverb", 0.5), Step("gain")])


def items(count: int) -> list[tuple[np.ndarray, int]]:
    rng = np.random.default_rng(0)
    return [((0.1 * rng.normal(size=RATE // 4 + 100 * i)).astype(np.float32), i % 3) for i in range(count)]


def test_every_item_is_changed_and_every_epoch_otherwise() -> None:
    given = items(4)
    dataset = AugmentedDataset(given, AUGMENT, RATE, seed=1)
    first = [dataset[i] for i in range(len(dataset))]
    assert [target for _, target in first] == [0, 1, 2, 0]
    for (changed, _), (samples, _) in zip(first, given, strict=True):
        assert changed.shape == samples.shape
        assert not np.array_equal(changed, samples)
    np.testing.assert_array_equal(dataset[2][0], first[2][0])
    dataset.epoch = 1
    assert not np.array_equal(dataset[2][0], first[2][0])


def test_the_processes_of_a_loader_change_nothing() -> None:
    dataset = AugmentedDataset([(samples[: RATE // 4], target) for samples, target in items(6)], AUGMENT, RATE, seed=1)
    alone, by_two = (
        torch.cat([samples for samples, _ in DataLoader(dataset, batch_size=2, num_workers=workers)])
        for workers in (0, 2)
    )
    torch.testing.assert_close(alone, by_two, atol=1e-6, rtol=0.0)  # a process may have another number of threads


def test_a_batch_is_as_long_as_its_longest_item() -> None:
    given = items(3)
    sound, classes = AugmentingCollate(AUGMENT, RATE, seed=2)(given)
    assert sound.shape == (3, 1, len(given[2][0]))
    assert classes.tolist() == [0, 1, 2]
    again, _ = AugmentingCollate(AUGMENT, RATE, seed=2)(given)
    assert torch.equal(sound, again)


def test_labels_of_a_batch_move() -> None:
    hits = np.zeros(1, DRUM_HIT)
    hits["onset_s"] = 0.2
    given = [(samples, Labels(drum_hits=hits)) for samples, _ in items(3)]
    _, labels = AugmentingCollate(AUGMENT, RATE, seed=2)(given)
    assert labels.drum_hits["clip"].tolist() == [0, 1, 2]
    assert (labels.drum_hits["onset_s"] < 0.2 / 2.0 ** (29.0 / 1200.0)).all()
    assert hits["onset_s"] == pytest.approx(0.2)
