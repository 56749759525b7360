"""Several networks of a task written as one."""

import hashlib
import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import save_file

from mp3tomidi.train.classify import joining
from mp3tomidi.train.classify.joining import joined
from mp3tomidi.train.cli import main
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.transcribe.classify.task import Task
from mp3tomidi.transcribe.networks.fcn4 import HOP_SAMPLES, Fcn4Settings
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier, SegmentNetSettings

SAMPLES = 4 * HOP_SAMPLES
TASK = Task("moods", "what it is like", ("glad", "sad"), "many", 12_000, SAMPLES, SAMPLES)


def small(seed: int, channels: int = 4, **changes) -> SegmentClassifier:
    torch.manual_seed(seed)
    fcn4 = Fcn4Settings(2, (channels, channels + 1), (8, 12), (2, 2), 0.1)
    return SegmentClassifier(SegmentNetSettings("fcn4", fcn4=fcn4, mel_samples=SAMPLES, **changes)).eval()


def write(folder, net, task=TASK, **card):
    folder.mkdir()
    save_file(net.state_dict(), folder / "classify_moods.safetensors")
    checksum = hashlib.sha256((folder / "classify_moods.safetensors").read_bytes()).hexdigest()
    settings = {"format": 1, "network": "classify_moods", "settings": asdict(net.settings), "task": asdict(task)}
    card = settings | {"sha256": {"safetensors": checksum}, "about": "made", "licence": "CC0-1.0"} | card
    (folder / "classify_moods.json").write_text(json.dumps(card))
    return folder / "moods"


@torch.no_grad()
def test_the_logits_are_the_mean_and_the_embeddings_lie_side_by_side():
    nets = [small(1), small(2, channels=6), small(3)]
    sound = torch.randn(5, SAMPLES)
    together = joined([joined(nets[:2]), nets[2]])
    assert torch.allclose(together(sound), torch.stack([net(sound) for net in nets]).mean(dim=0), atol=1e-5)
    assert torch.equal(together.embed(sound), torch.cat([net.embed(sound) for net in nets], dim=1))
    assert together.settings.embedding_size == 5 + 7 + 5
    before = together(sound)
    together.shift_logits(torch.tensor([1.0, -2.0]))
    assert torch.allclose(together(sound) - before, torch.tensor([1.0, -2.0]), atol=1e-5)


def test_what_does_not_go_together_is_refused():
    with pytest.raises(RecipeError, match="two networks"):
        joined([small(1)])
    with pytest.raises(RecipeError, match="same segments"):
        joined([small(1), small(2, mel_rate=8000)])
    with pytest.raises(RecipeError, match="genre_net cannot be joined"):
        joined([small(1), SegmentClassifier(SegmentNetSettings("genre_net"))])


def test_the_command_writes_the_whole_with_what_taught_each(tmp_path, monkeypatch, capsys):
    written = []
    monkeypatch.setattr(joining, "save_classifier", lambda *saved: written.append(saved))
    one = write(tmp_path / "one", small(1), seed=1, taught_by=[{"licence": "MIT", "attribution": "A"}])
    other = write(tmp_path / "other", small(2), seed=2, taught_by=[{"licence": "CC0", "attribution": "B"}])
    assert main(["join", str(tmp_path / "out"), str(one), str(other)]) == 0
    net, task, folder, card = written[0]
    assert (task, folder, len(net.settings.fcn4s)) == (TASK, tmp_path / "out", 2)
    assert [member["seed"] for member in card["members"]] == [1, 2]
    assert len({member["sha256"] for member in card["members"]}) == 2
    assert {credit["attribution"] for credit in card["taught_by"]} == {"A", "B"}
    assert card["licence"] == "CC0-1.0"
    assert main(["join", str(tmp_path / "one"), str(one), str(other)]) == 1
    assert "holds a network of the task already" in capsys.readouterr().err
    other_task = Task("moods", "what it is like", ("glad", "bad"), "many", 12_000, SAMPLES, SAMPLES)
    elsewhere = write(tmp_path / "third", small(3), other_task)
    assert main(["join", str(tmp_path / "out"), str(one), str(elsewhere)]) == 1
    assert "same task" in capsys.readouterr().err
