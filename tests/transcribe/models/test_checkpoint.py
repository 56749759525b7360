import json

import pytest
import torch

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.models import checkpoint
from mp3tomidi.transcribe.models.note_judge import NoteJudge
from mp3tomidi.transcribe.models.note_net import NoteNet, NoteNetSettings


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    net = NoteNet(NoteNetSettings(channels=8, time_dilations=(1, 2), pitch_dilations=(1, 12))).eval()
    path = tmp_path / "net.safetensors"
    checkpoint.save(net, path, {"seed": 3})
    return net, path


def test_what_is_saved_is_loaded(saved):
    net, path = saved
    loaded = checkpoint.load(NoteNet, path)
    assert loaded.settings == net.settings
    x = torch.rand(1, 2, 60, 336)
    with torch.no_grad():
        assert torch.allclose(loaded(x), net(x), atol=0.02)  # float16 on disk
    assert json.loads(path.with_suffix(".json").read_text())["seed"] == 3


def test_damaged_weights_are_one_line(saved):
    _, path = saved
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(WeightsError, match=r"net\.safetensors: the weights are damaged"):
        checkpoint.load(NoteNet, path)


def test_weights_of_another_shape_are_one_line(saved):
    _, path = saved
    card = json.loads(path.with_suffix(".json").read_text())
    card["settings"]["channels"] = 16
    path.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(WeightsError, match="not those of their card"):
        checkpoint.load(NoteNet, path)


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}'])
def test_a_foreign_card_is_one_line(saved, text):
    _, path = saved
    path.with_suffix(".json").write_text(text)
    with pytest.raises(WeightsError, match=r"net\.json"):
        checkpoint.load(NoteNet, path)


def test_missing_weights_are_one_line(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        checkpoint.load(NoteNet, tmp_path / "none.safetensors")


def test_weights_of_another_network_are_one_line(saved):
    _, path = saved
    with pytest.raises(WeightsError, match="weights of another network"):
        checkpoint.load(NoteJudge, path)
