"""The network of drum samples is taught, exported and measured: from the recipe to the table."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment.banks import building
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.augment.sources.source import DRUMS, RenderedInstrument, RenderedNote
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.cli import main
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES
from mp3tomidi.transcribe.drums.one_shots import OneShotSorter

TINY = """
name = "tiny_shots"
kind = "clip_spectrogram_net"

[[data.banks]]
name = "kits"

[data.effects]
codec = 0
equaliser = 0
filter = 0
noise = 0
reverb = 0

[network]
clip_frames = 24
channels = [4, 8]

[training]
clips = 96
epochs = 2
batch_clips = 16
"""


class Kits:
    """A kit to teach with and one that is kept back, of a tone a class."""

    name = "kits"

    def instruments(self) -> Iterator[RenderedInstrument]:
        time_s = np.arange(4000) / SAMPLE_RATE
        for name, decay_s in (("A/1", 0.05), ("TimGM6mb/x", 0.04)):
            yield RenderedInstrument(
                name,
                DRUMS,
                0,
                "CC0",
                "nobody",
                [
                    RenderedNote(
                        drum.written_key,
                        100,
                        (0.4 * np.sin(2 * np.pi * 90 * 1.35**index * time_s) * np.exp(-time_s / decay_s)).astype("f4"),
                        4000,
                    )
                    for index, drum in enumerate(ONE_SHOT_CLASSES)
                ],
            )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of banks, with the recipe beside them."""
    folder = tmp_path_factory.mktemp("banks")
    building.build(Kits(), folder / "kits")
    (folder / "tiny.toml").write_text(TINY)
    return folder


def test_from_a_recipe_to_weights_with_a_card_and_a_table(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["one-shots", str(folder / "tiny.toml"), str(tmp_path), "--banks", str(folder)]
    assert main(words) == 0
    table = capsys.readouterr().out
    assert "13 samples" in table
    assert "TimGM6mb" in table
    card = json.loads((tmp_path / "one_shots.json").read_text())
    assert card["taught_by"] == [{"licence": "CC0", "attribution": "nobody"}]
    assert card["recipe"]["training"]["clips"] == 96
    assert card["settings"]["classes"] == [drum.name for drum in ONE_SHOT_CLASSES]
    assert card["scores"]["samples"] == 13
    assert np.sum(card["scores"]["confusion"]) == 13
    before = (tmp_path / "one_shots.onnx").read_bytes()
    assert main([*words, "--measure"]) == 0
    assert capsys.readouterr().out == table
    assert (tmp_path / "one_shots.onnx").read_bytes() == before
    time_s = np.arange(8000) / SAMPLE_RATE
    (heard,) = OneShotSorter(tmp_path).recognise_sounds([np.sin(2 * np.pi * 90 * time_s).astype(np.float32)])
    assert heard.drum in ONE_SHOT_CLASSES
    assert 0.0 < heard.confidence <= 1.0


def test_a_recipe_of_another_kind_is_refused(folder: Path, tmp_path: Path, tiny_recipe_file: Path) -> None:
    with pytest.raises(RecipeError, match="that of a clip_spectrogram_net is needed"):
        recipes.load_as(recipes.ClipRecipe, tiny_recipe_file)
    with pytest.raises(RecipeError, match="that of a note_net or drum_net is needed"):
        recipes.load(folder / "tiny.toml")
    assert main(["one-shots", str(tiny_recipe_file), str(tmp_path), "--banks", str(folder)]) == 1
