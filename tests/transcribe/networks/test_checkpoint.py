import json

import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.inference.engines import OnnxEngine
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.networks.registry import NOTE_NET
from mp3tomidi.transcribe.networks.settings import OUTPUTS, NoteNetSettings
from mp3tomidi.transcribe.notes.note_judge import NoteJudge


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    torch.manual_seed(0)
    net = NoteNet(NoteNetSettings(channels=8, time_dilations=(1, 2), pitch_dilations=(1, 12))).eval()
    folder = tmp_path_factory.mktemp("weights")
    checkpoint.save(net, folder, {"seed": 3})
    return net, {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def saved(written, tmp_path):
    """A network, and its folder of weights to do anything to."""
    net, files = written
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return net, tmp_path


def change_card(folder, **changes):
    path = folder / "note_net.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_is_saved_is_loaded(saved):
    net, folder = saved
    loaded = checkpoint.load(NoteNet, folder)
    assert loaded.settings == net.settings
    x = torch.rand(1, 2, 60, 336)
    with torch.no_grad():
        assert torch.allclose(loaded(x), net(x), atol=0.02)  # float16 on disk
    assert json.loads((folder / "note_net.json").read_text())["seed"] == 3


@pytest.mark.parametrize("frames", [1, 60, 333])
def test_the_onnx_file_is_the_same_network(saved, frames):
    _, folder = saved
    amplitude, level = torch.rand(1, 2, frames, 336), torch.rand(1, 2, 336) + 0.1
    with torch.no_grad():
        expected = torch.sigmoid(checkpoint.load(NoteNet, folder)(amplitude, level)).numpy()
    answer, layer = Session(folder, "note_net").outputs(amplitude.numpy(), level.numpy())
    assert np.allclose(answer, expected[:, : len(OUTPUTS)], atol=1e-5)
    assert layer.shape[0] == 1
    assert layer.shape[2:] == (frames, PITCH_COUNT)


def by_torch(folder):
    return checkpoint.load(NoteNet, folder)


def by_onnx(folder):
    return OnnxEngine(folder, NOTE_NET)


@pytest.mark.parametrize(("load", "suffix"), [(by_torch, "safetensors"), (by_onnx, "onnx")])
def test_damaged_or_missing_weights_are_one_line(saved, load, suffix):
    _, folder = saved
    path = folder / f"note_net.{suffix}"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(WeightsError, match=rf"note_net\.{suffix}: the weights are damaged"):
        load(folder)
    path.unlink()
    with pytest.raises(WeightsError, match=rf"note_net\.{suffix}: the weights cannot be read"):
        load(folder)


@pytest.mark.parametrize(("load", "suffix"), [(by_torch, "safetensors"), (by_onnx, "onnx")])
def test_one_wrong_bit_is_found_where_the_card_has_a_checksum(saved, load, suffix):
    _, folder = saved
    path = folder / f"note_net.{suffix}"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=rf"note_net\.{suffix}: the weights are damaged"):
        load(folder)
    for wrong in ({suffix: ""}, {}):
        change_card(folder, sha256=wrong)
        with pytest.raises(WeightsError, match="not those of their card"):
            load(folder)
    change_card(folder, sha256=None)
    load(folder)


def test_weights_of_another_shape_are_one_line(saved):
    _, folder = saved
    change_card(folder, settings={"channels": 16})
    with pytest.raises(WeightsError, match="not those of their card"):
        checkpoint.load(NoteNet, folder)


@pytest.mark.parametrize("load", [by_torch, by_onnx])
@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}'])
def test_a_foreign_card_is_one_line(saved, text, load):
    _, folder = saved
    (folder / "note_net.json").write_text(text)
    with pytest.raises(WeightsError, match=r"note_net\.json"):
        load(folder)


@pytest.mark.parametrize("load", [by_torch, by_onnx])
def test_the_card_of_another_network_is_one_line(saved, load):
    _, folder = saved
    change_card(folder, network="note_judge")
    with pytest.raises(WeightsError, match="card of another network"):
        load(folder)


def test_a_folder_without_weights_is_one_line(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        checkpoint.load(NoteJudge, tmp_path)
