"""One class of a network as a network of its own."""

import hashlib
import json
from dataclasses import asdict, replace

import pytest
import torch
from safetensors.torch import save_file

from mp3tomidi.train.classify import one_class
from mp3tomidi.train.classify.one_class import class_alone
from mp3tomidi.train.cli import main
from mp3tomidi.transcribe.classify.task import load_task
from mp3tomidi.transcribe.networks.fcn4 import HOP_SAMPLES, Fcn4Settings
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier, SegmentNetSettings

SINGING = load_task("singing")
BAND = replace(SINGING, name="band", about="who plays", classes=("drums", "voice", "bass"))


def small_net() -> SegmentClassifier:
    torch.manual_seed(1)
    fcn4 = Fcn4Settings(3, (4, 5), (8, 12), (2, 2), 0.1)
    settings = SegmentNetSettings("fcn4", fcn4=fcn4, mel_rate=SINGING.sample_rate, mel_samples=SINGING.segment_samples)
    return SegmentClassifier(settings).eval()


@pytest.fixture
def band(tmp_path):
    """WEIGHTS/band."""
    net = small_net()
    save_file(net.state_dict(), tmp_path / "classify_band.safetensors")
    checksum = hashlib.sha256((tmp_path / "classify_band.safetensors").read_bytes()).hexdigest()
    card = {
        "format": 1,
        "network": "classify_band",
        "settings": asdict(net.settings),
        "task": asdict(BAND),
        "sha256": {"safetensors": checksum},
        "seed": 7,
        "scores": {"accuracy": 1.0},
    }
    (tmp_path / "classify_band.json").write_text(json.dumps(card))
    return tmp_path / "band"


@torch.no_grad()
def test_its_logit_is_that_of_the_class():
    net, sound = small_net(), torch.randn(3, 4 * HOP_SAMPLES)
    for column in range(3):
        assert torch.allclose(class_alone(net, column)(sound)[:, 0], net(sound)[:, column], atol=1e-6)


def test_the_command_writes_it_with_what_taught_it_but_without_the_scores_of_all(band, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(one_class, "save_classifier", lambda *saved: written.append(saved))
    assert main(["one-class", str(tmp_path / "out"), str(band), "voice", "--task", "singing"]) == 0
    net, task, folder, card = written[0]
    assert (task, folder, net.settings.fcn4.class_count) == (SINGING, tmp_path / "out", 1)
    assert card["seed"] == 7
    assert (card["made_of"]["network"], card["made_of"]["class"]) == ("classify_band", "voice")
    assert "scores" not in card


@pytest.mark.parametrize(
    ("name", "task", "words"),
    [
        ("voices", "singing", "did you mean voice?"),
        ("voice", "effects", "a task of a single class"),
        ("voice", "sining", "did you mean singing?"),
    ],
)
def test_mistakes_are_one_line(band, tmp_path, capsys, name, task, words):
    assert main(["one-class", str(tmp_path / "out"), str(band), name, "--task", task]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
