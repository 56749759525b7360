"""A recipe that teaches a very small network from the tiny bank in a few seconds."""

from pathlib import Path

import pytest

from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.recipe import NoteRecipe
from mp3tomidi.transcribe.networks import checkpoint

TINY = """
name = "tiny"

[[data.banks]]
name = "sines"

[data.mix]
duration_s = 1.0

[network]
channels = 8
time_dilations = [1, 2]
pitch_dilations = [1, 12]

[training]
batch_clips = 4
micro_batch_clips = 2
learning_rate = 1e-2
warm_up_steps = 10
"""


@pytest.fixture(scope="session")
def tiny_recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def tiny_recipe(tiny_recipe_file: Path) -> NoteRecipe:
    return recipes.load(tiny_recipe_file)


@pytest.fixture
def graphs_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are written without their ONNX graph, which takes longest: for tests of cards and of what is replaced."""
    monkeypatch.setattr(checkpoint, "save_onnx", lambda net, path, spec=None: path.write_bytes(b"no graph"))
