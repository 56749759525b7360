"""The recipes make networks that see what the shipped ones see."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.recipe import ClipRecipe, DrumRecipe, NoteRecipe
from mp3tomidi.transcribe.networks.registry import DRUM_NET, NOTE_NET, ONE_SHOTS, NetworkSpec
from mp3tomidi.transcribe.networks.weight_files import shipped_folder

RECIPES = Path(recipes.__file__).parent / "recipes"


@pytest.mark.parametrize(
    ("name", "kind", "network"),
    [("note_net", NoteRecipe, NOTE_NET), ("drum_net", DrumRecipe, DRUM_NET), ("one_shots", ClipRecipe, ONE_SHOTS)],
)
def test_the_front_end_is_that_of_the_shipped_network(name: str, kind: type, network: NetworkSpec) -> None:
    recipe = recipes.load_as(kind, RECIPES / f"{name}.toml")
    assert recipe.network.front_end == network.read_settings(shipped_folder()).front_end
