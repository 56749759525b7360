"""What a trainer keeps of a network in training."""

import pytest
import torch

from mp3tomidi.train.classify.recipe import load_classifier_recipe
from mp3tomidi.train.classify.trainer import ClassifierTrainer
from mp3tomidi.train.recipe import RecipeError

SMALL = [
    "task.classes=['a', 'b']", "task.segment_samples=81", "task.hop_samples=81", "network.sample_cnn.first_samples=3",
    "network.sample_cnn.first_channels=4", "network.sample_cnn.channels=[4, 4, 4]", "training.learning_rate=0.01",
    "augmentation=none",
]  # fmt: skip


class Noise:
    """Batches of noise, louder and softer, each after `seen` was called."""

    epoch_batches = 5

    def __init__(self, seen=lambda: None):
        self.seen = seen

    def batch(self, index):
        self.seen()
        generator = torch.Generator().manual_seed(index)
        return torch.randn(4, 81, generator=generator), torch.eye(2).repeat(2, 1)


@pytest.mark.parametrize("decay", [0.0, 0.8])
def test_what_is_measured_and_kept_is_the_moving_average_of_the_weights(decay):
    recipe = load_classifier_recipe("folders", [*SMALL, f"training.average_decay={decay}"])
    trainer = ClassifierTrainer(recipe, torch.ones(2))
    weights = []

    def note():
        weights.append(trainer.net.net.head.weight.detach().clone())

    trainer.epoch(Noise(note))
    note()
    average = weights[1]  # after the first step
    for after_step in weights[2:]:
        average = decay * average + (1.0 - decay) * after_step
    trainer.measure([Noise().batch(99)])
    assert torch.allclose(trainer.best_net().net.head.weight, average, atol=1e-6)
    assert torch.equal(weights[-1], average) == (decay == 0.0)


def test_a_network_to_begin_with_may_have_other_classes_but_not_only_other_sizes():
    recipe = load_classifier_recipe("folders", SMALL)
    taught = ClassifierTrainer(recipe, torch.ones(2)).net.state_dict()
    three = ClassifierTrainer(
        load_classifier_recipe("folders", [*SMALL, "task.classes=['a', 'b', 'c']"]), torch.ones(3)
    )
    three.start_from(taught)
    assert torch.equal(three.net.state_dict()["net.last.0.weight"], taught["net.last.0.weight"])
    wider = ["network.sample_cnn.first_channels=6", "network.sample_cnn.channels=[6, 6, 6]"]
    with pytest.raises(RecipeError, match="no layer"):
        ClassifierTrainer(load_classifier_recipe("folders", [*SMALL, *wider]), torch.ones(2)).start_from(taught)


def test_an_effect_net_takes_over_layers_over_mel_levels_and_begins_anew_otherwise():
    recipe = load_classifier_recipe("effects")
    taught = {name: value + 1 for name, value in ClassifierTrainer(recipe, torch.ones(6)).net.state_dict().items()}
    trainer = ClassifierTrainer(recipe, torch.ones(6))
    before = {name: value.clone() for name, value in trainer.net.state_dict().items()}
    trainer.start_from(taught)
    for name, value in trainer.net.state_dict().items():
        assert torch.equal(value, taught[name] if name.startswith("net.layers.") else before[name])
