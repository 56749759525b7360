import pytest
import torch

from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.networks.folded import FoldedNoteNet, UnfoldedNoteNet, can_be_folded
from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.networks.settings import OUTPUTS, NoteNetSettings

SMALL = NoteNetSettings(family_rolls=True, channels=8, time_dilations=(1, 2, 4), pitch_dilations=(1, 12, 7))


def used_net():
    """A network whose normalisations have seen something."""
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    net = NoteNet(SMALL).eval()
    for norm in (*(block.norm for block in net.blocks), net.norm):
        norm.weight.data.uniform_(0.2, 2.0, generator=generator)
        norm.bias.data.normal_(generator=generator)
        norm.running_mean.normal_(generator=generator)
        norm.running_var.uniform_(0.1, 4.0, generator=generator)
    for block in net.blocks:
        block.pitch.weight.data.normal_(std=0.2, generator=generator)
    return net


@pytest.mark.parametrize("frames", [1, 70])
def test_it_computes_what_the_network_computes(frames):
    net = used_net()
    amplitude, level = torch.rand(1, 2, frames, 336), torch.rand(1, 2, 336) + 0.1
    with torch.no_grad():
        expected = net(amplitude, level)
        assert expected.std() > 0.1
        for used in (FoldedNoteNet(net), UnfoldedNoteNet(net)):
            outputs, layer = used(amplitude, level)
            assert torch.allclose(outputs, expected[:, : len(OUTPUTS)], atol=1e-4)
            assert layer.shape == (1, SMALL.channels, frames, PITCH_COUNT)


def test_the_layers_of_both_differ_by_a_scale_of_each_channel_only():
    net = used_net()
    amplitude, level = torch.rand(1, 2, 20, 336), torch.rand(1, 2, 336) + 0.1
    with torch.no_grad():
        (_, folded), (_, unfolded) = FoldedNoteNet(net)(amplitude, level), UnfoldedNoteNet(net)(amplitude, level)
    scale = unfolded.amax(dim=(0, 2, 3)) / folded.amax(dim=(0, 2, 3))
    assert torch.allclose(folded * scale[:, None, None], unfolded, atol=1e-4)


def test_it_has_no_normalisations_and_leaves_the_network_alone():
    net = used_net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    folded = FoldedNoteNet(net)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_a_scale_that_is_not_positive_cannot_be_folded():
    net = used_net()
    assert can_be_folded(net)
    net.blocks[1].norm.weight.data[3] = -0.5
    assert not can_be_folded(net)
    with pytest.raises(ValueError, match="not positive"):
        FoldedNoteNet(net)
