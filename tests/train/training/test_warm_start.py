"""A grown network says what the old one said, and its new parts can learn."""

from dataclasses import replace

import pytest
import torch

from mp3tomidi.train.recipe import NoteRecipe
from mp3tomidi.train.training.loop import Trainer, new_trainer
from mp3tomidi.train.training.warm_start import grown, warm_start
from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.networks.settings import NoteNetSettings

OLD = NoteNetSettings(channels=8, time_dilations=(1, 2), pitch_dilations=(1, 12))
WIDER = replace(OLD, channels=12)
DEEPER = replace(OLD, time_dilations=(1, 2, 4), pitch_dilations=(1, 12, 7))
BOTH = replace(WIDER, time_dilations=(1, 2, 4, 1), pitch_dilations=(1, 12, 7, 5))


def taught(settings: NoteNetSettings, seed: int) -> NoteNet:
    """A network none of whose weights is a constant, as after training."""
    torch.manual_seed(seed)
    net = NoteNet(settings)
    with torch.no_grad():
        for value in [*net.parameters(), *net.buffers()]:
            if value.is_floating_point():
                value.add_(0.3 * torch.rand_like(value))
    return net.eval()


@pytest.mark.parametrize("settings", [WIDER, DEEPER, BOTH], ids=["wider", "deeper", "both"])
def test_a_grown_network_starts_with_the_outputs_of_the_old_one(settings: NoteNetSettings) -> None:
    old, new = taught(OLD, 1), NoteNet(settings)
    new.load_state_dict(grown(old.state_dict(), new.state_dict()))
    sound = torch.rand(2, 2, 30, OLD.front_end.bin_count)
    with torch.no_grad():
        assert torch.allclose(new.eval()(sound), old(sound), atol=1e-5)
        assert not torch.allclose(taught(settings, 2)(sound), old(sound), atol=0.1)


def test_what_was_added_learns() -> None:
    new = NoteNet(BOTH)
    new.load_state_dict(grown(taught(OLD, 1).state_dict(), new.state_dict()))
    new.train()(torch.rand(2, 2, 30, OLD.front_end.bin_count)).square().sum().backward()
    for added in (
        new.head.weight.grad[:, 8:],
        new.blocks[0].pitch.weight.grad[:8, 8:],
        new.blocks[2].pitch.weight.grad[:8],  # the others wait for the head
    ):
        assert (added != 0).float().mean() > 0.9


def test_a_smaller_network_keeps_the_corner() -> None:
    old = taught(BOTH, 1).state_dict()
    small = grown(old, NoteNet(OLD).state_dict())
    assert torch.equal(small["blocks.1.time.weight"], old["blocks.1.time.weight"][:8, :8])
    assert small.keys() == NoteNet(OLD).state_dict().keys()


def stepped(trainer: Trainer) -> Trainer:
    """With something in every part of its state."""
    trainer.net.stem.weight.square().sum().backward()
    trainer.optimizer.step()
    trainer.averaged.update_parameters(trainer.net)
    trainer.progress.step, trainer.progress.sound_s = 7, 28.0
    return trainer


def test_of_the_same_size_all_is_loaded_and_of_another_what_fits(tiny_recipe: NoteRecipe) -> None:
    old = stepped(new_trainer(tiny_recipe, "cpu"))
    same = new_trainer(tiny_recipe, "cpu")
    warm_start(same, old.state())
    assert same.optimizer.state_dict()["state"]
    assert same.averaged.n_averaged == 1

    larger = new_trainer(replace(tiny_recipe, network=replace(tiny_recipe.network, channels=12)), "cpu")
    warm_start(larger, old.state())
    assert torch.equal(larger.net.stem.weight[:8], old.net.stem.weight)
    moments, before = (t.optimizer.state[t.net.stem.weight] for t in (larger, old))
    assert moments["step"] == before["step"]
    assert torch.equal(moments["exp_avg"][:8], before["exp_avg"])
    assert not moments["exp_avg"][8:].any()
    assert torch.allclose(moments["exp_avg_sq"][8:], before["exp_avg_sq"].mean())
    assert larger.averaged.n_averaged == 0
    assert vars(larger.progress) == vars(old.progress)


def test_a_grown_network_moves_as_the_old_one_would(tiny_recipe: NoteRecipe) -> None:
    """The same gradients in both: the weights that both have stay equal for a step."""
    old = stepped(new_trainer(tiny_recipe, "cpu"))
    wide, deep = {"channels": 12}, {"time_dilations": (1, 2, 4), "pitch_dilations": (1, 12, 7)}
    trainers = [old]
    for change in (wide, deep, wide | deep):
        trainers.append(new_trainer(replace(tiny_recipe, network=replace(tiny_recipe.network, **change)), "cpu"))
        warm_start(trainers[-1], old.state())
    sound = torch.rand(2, 2, 30, OLD.front_end.bin_count)
    for trainer in trainers:
        trainer.optimizer.zero_grad()
        trainer.net.eval()(sound).square().sum().backward()
        trainer.optimizer.step()
        assert torch.allclose(trainer.net.stem.weight[:8], old.net.stem.weight, atol=1e-5)
        assert torch.allclose(trainer.net.head.weight[:, :8], old.net.head.weight, atol=1e-5)
