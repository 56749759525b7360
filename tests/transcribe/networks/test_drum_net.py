from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.inference.engines import OnnxEngine, TorchEngine
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.drum_net import DrumNet
from mp3tomidi.transcribe.networks.registry import DRUM_NET
from mp3tomidi.transcribe.networks.settings import DrumNetSettings

SMALL = DrumNetSettings(stem_channels=(4, 6, 8), channels=8)


def net(settings=SMALL):
    """With running statistics and weights such that every path through it counts."""
    torch.manual_seed(0)
    model = DrumNet(settings)
    for block in model.blocks:
        torch.nn.init.normal_(block.mixture.weight, std=0.3)
    model(amplitude(80))
    return model.eval()


def amplitude(frames=120):
    return torch.rand(1, 3, frames, 108, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    checkpoint.save(net(), folder, {})
    return folder


@pytest.mark.parametrize("frames", [1, 37, 120])
def test_its_shape(frames):
    with torch.no_grad():
        assert net()(amplitude(frames)).shape == (1, 2, frames, 8)


def test_it_is_small_and_quick():
    model = DrumNet().eval()
    assert sum(weight.numel() for weight in model.parameters()) <= 300_000
    products = []
    for layer in model.modules():
        if getattr(layer, "weight", torch.zeros(0)).ndim == 4:
            layer.register_forward_hook(
                lambda layer, _, output: products.append(layer.weight[0].numel() * output.numel())
            )
    with torch.no_grad():
        model(amplitude(100))
    assert len(products) == 3 + 1 + 2 * 5 + 1
    assert sum(products) <= 40e6  # of a second


def test_nothing_reaches_further_than_its_context_and_that_is_a_third_of_a_second(reach_frames):
    before, after = reach_frames(net(), amplitude(200), torch.ones(1, 3, 108))
    assert max(before, after) <= SMALL.context_frames
    assert min(before, after) * SMALL.front_end.hop_s >= 0.3


def test_loudness_does_not_matter():
    with torch.no_grad():
        quiet, loud = (net()(amplitude() * gain) for gain in (1e-3, 1.0))
    assert torch.allclose(quiet, loud, atol=1e-2)  # an empty band's level is never zero


def test_by_onnx_and_by_torch_it_says_the_same_of_a_recording(saved):
    rng = np.random.default_rng(0)
    time_s = np.arange(32_000 * 13) / 32_000
    sound = (rng.standard_normal(len(time_s)) * np.exp(-20 * (time_s % 0.37))).astype(np.float32)
    theirs = TorchEngine(checkpoint.load(DrumNet, saved), torch.device("cpu"))
    ours = OnnxEngine(saved, DRUM_NET)
    heard = [FrameNetwork(engine).outputs(sound)[0] for engine in (ours, theirs)]
    assert heard[0].shape == (5, 1300, 8)
    assert ours.settings == theirs.settings == SMALL
    assert np.allclose(*heard, atol=1e-4)
    with torch.no_grad():  # and in windows the same as at once
        survey = FrameNetwork(ours).outputs(sound)[1]
        after_silence = np.concatenate([np.zeros(16_000, np.float32), sound])  # as FrameNetwork puts it before
        assert np.allclose(theirs.tuned(survey)(after_silence)[0][:, 50:], heard[0], atol=1e-4)


def test_it_does_not_follow_the_tuning(saved):
    engine, sound = OnnxEngine(saved, DRUM_NET), np.ones(32_000, np.float32)
    level = np.ones((3, 108), np.float32)
    low, high = (engine.tuned(SimpleNamespace(level=level, tuning_cents=cents))(sound)[0] for cents in (-40.0, 40.0))
    assert np.array_equal(low, high)
