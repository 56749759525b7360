import numpy as np
import onnx
import pytest
import torch

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.normalisation import normalised_log
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.models.folded import FoldedNoteNet
from mp3tomidi.transcribe.models.note_net import NoteNet
from mp3tomidi.transcribe.models.quantised import SemitoneStem, _calibration, quantised
from mp3tomidi.transcribe.models.settings import NoteNetSettings

SETTINGS = NoteNetSettings(channels=16, time_dilations=(1, 4, 2), pitch_dilations=(12, 1, 7))


def folded_net(settings=SETTINGS):
    """A network whose numbers are as far from each other as those of one that was taught."""
    generator = torch.Generator().manual_seed(1)
    torch.manual_seed(1)
    net = NoteNet(settings).eval()
    for norm in (*(block.norm for block in net.blocks), net.norm):
        norm.weight.data.uniform_(0.3, 1.0, generator=generator)
        norm.bias.data.normal_(std=0.3, generator=generator)
        norm.running_var.uniform_(0.5, 4.0, generator=generator)
    for block in net.blocks:
        block.pitch.weight.data.normal_(std=0.15, generator=generator)
    net.head.weight.data.mul_(10.0)
    net.head.bias.data.zero_()
    return FoldedNoteNet(net)


@pytest.fixture(scope="module")
def made():
    net = folded_net()
    return net, quantised(net)


def run(model, amplitude, level):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {"amplitude": amplitude.numpy(), "level": level.numpy()})
    return result


def test_it_says_what_the_network_says(made):
    net, model = made
    for amplitude, level in _calibration(net.settings.front_end)[:2]:
        with torch.no_grad():
            expected = torch.sigmoid(net(amplitude, level)).numpy()
        heard = run(model, amplitude, level)
        assert heard.shape == expected.shape
        assert expected.std() > 0.1
        assert np.sqrt(np.mean((heard - expected) ** 2)) < 0.02
        assert np.abs(heard - expected).max() < 0.15


@pytest.mark.parametrize("frames", [1, 2, 77])
def test_it_takes_any_number_of_frames(made, frames):
    net, model = made
    amplitude, level = _calibration(net.settings.front_end)[0]
    amplitude = amplitude[:, :, :frames]
    with torch.no_grad():
        expected = torch.sigmoid(net(amplitude, level)).numpy()
    assert np.abs(run(model, amplitude, level) - expected).max() < 0.15


def test_the_same_network_gives_the_same_bytes(made):
    net, model = made
    assert quantised(net).SerializeToString() == model.SerializeToString()
    onnx.checker.check_model(model)


@pytest.mark.parametrize("lowest_pitch", [9.0 - 1 / 3, 8.0 + 1 / 3, 8.0])
def test_the_stem_by_semitones_is_the_stem(lowest_pitch):
    """Also where the lowest key does not begin at a whole number of semitones."""
    net = folded_net(
        NoteNetSettings(
            channels=4,
            time_dilations=(1,),
            pitch_dilations=(1,),
            front_end=LogFrequencySettings(lowest_pitch=lowest_pitch),
        )
    )
    amplitude, level = torch.rand(1, 2, 20, 336), torch.rand(1, 2, 336) + 0.1
    stem = SemitoneStem(net)
    seen = normalised_log(amplitude, level)[0].numpy()  # view, frame, bin
    seen = np.pad(seen, ((0, 0), (0, 0), (stem.silent_below, 600)), constant_values=-1.5)
    seen = seen[:, :, : 3 * 200].reshape(2, 20, 200, 3).transpose(1, 2, 0, 3).reshape(20, 200, 6)
    gathered = seen[:, np.arange(PITCH_COUNT)[:, None] + stem.reached].reshape(20, PITCH_COUNT, -1)
    padded = np.pad(gathered, ((2, 2), (0, 0), (0, 0)))
    weight = stem.weight()[..., 0]
    by_semitones = stem.bias() + sum(padded[tap : tap + 20] @ weight[..., tap].T for tap in range(5))
    with torch.no_grad():
        expected = net.stemmed(amplitude, level)[0].permute(1, 2, 0).numpy()
    assert np.allclose(by_semitones, expected, atol=1e-4)
