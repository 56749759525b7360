"""Recipes: what is read is what is written, and nothing misspelt goes unnoticed."""

import json
from pathlib import Path

import pytest

from mp3tomidi.augment.effects.chains.training import effect_shares
from mp3tomidi.train.recipe import (
    BankChoice,
    BaseRecipe,
    ClipRecipe,
    NoteRecipe,
    PedalRecipe,
    RecipeError,
    from_mapping,
    load,
    load_as,
)

SHIPPED = [
    path
    for path in sorted((Path(__file__).parents[2] / "train" / "recipes").glob("*.toml"))
    if path.stem != "experiments"  # variants, not a recipe
]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_recipes_can_be_read(path: Path) -> None:
    recipe = load_as(BaseRecipe, path)
    assert recipe.name == path.stem
    assert recipe.data.banks


def test_the_shipped_recipe_of_the_pedal_can_be_read() -> None:
    recipe = load_as(PedalRecipe, Path(__file__).parents[2] / "train" / "recipes" / "pedal_net.toml")
    assert recipe.name == "pedal_net"
    assert recipe.data.banks


def test_the_shipped_recipe_of_drum_samples_can_be_read() -> None:
    recipe = load_as(
        ClipRecipe, Path(__file__).parents[2] / "train" / "recipes" / "one_shots.toml", ["training.seed=3"]
    )
    assert recipe.name == "one_shots"
    assert {choice.name for choice in recipe.data.banks} == {"drums"}
    assert recipe.training.seed == 3


def test_the_recipe_of_drum_samples_is_read_under_its_former_kind_too(tmp_path: Path) -> None:
    former = written(tmp_path, 'name = "x"\nkind = "sample_cnn"\n[[data.banks]]\nname = "drums"\n')
    assert load_as(ClipRecipe, former).kind == "clip_spectrogram_net"


def test_settings_are_read_into_their_types_and_the_others_keep_their_defaults(tmp_path: Path) -> None:
    recipe = load(
        written(
            tmp_path,
            """
        name = "x"
        [[data.banks]]
        name = "fonts"
        weight = 2
        [data.mix]
        part_weights = [1, 0.5]
        drum_level_db = [-20, 0]
        family_weights = {piano = 1}
        [data.effects]
        reverb = 1
        [network.front_end]
        window_samples = [2048]
        [training]
        seed = 7
    """,
        )
    )
    assert recipe.data.banks == (BankChoice("fonts", 2.0),)
    assert isinstance(recipe.data.banks[0].weight, float)
    assert recipe.data.mix.part_weights == (1.0, 0.5)
    assert recipe.data.mix.drum_level_db == (-20.0, 0.0)
    assert recipe.data.mix.family_weights == {"piano": 1.0}
    assert recipe.data.effects == effect_shares(reverb=1.0)
    assert recipe.network.front_end.window_samples == (2048,)
    assert recipe.training.seed == 7
    assert recipe.training.warm_up_steps == NoteRecipe("x").training.warm_up_steps
    assert recipe.loss == NoteRecipe("x").loss


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nmae = 'x'\nname = 'x'", "nmae"),
        ("name = 'x'\n[trianing]\nseed = 1", "trianing"),
        ("name = 'x'\n[training]\nlearning_rat = 1.0", "learning_rat"),
        ("name = 'x'\n[network.front_end]\nhop = 160", "hop"),
        ("name = 'x'\n[[data.banks]]\nname = 'a'\nwieght = 1", "wieght"),
        ("name = 'x'\n[data.mix.family_weights]\npinao = 1", "pinao"),
        ("name = 'x'\n[data.effects]\nrevreb = 1", "revreb"),
        ("name = 'x'\n[data.effects]\nreverb = 65", "reverb"),
        ("name = 'x'\n[[data.banks]]\nweight = 1", "name"),
        ("[training]\nseed = 1", "name"),
        ("name = 'x'\n[training]\nseed = 1.5", "seed"),
        ("name = 'x'\n[training]\nseed = true", "seed"),
        ("name = 'x'\n[training]\nlearning_rate = 'fast'", "learning_rate"),
        ("name = 'x'\ntraining = 3", "training"),
        ("name = 'x'\n[data]\nbanks = 'fonts'", "banks"),
        ("name = 'x'\n[data.mix]\ndrum_level_db = [1.0]", "drum_level_db"),
        ("name = 'x'\nname = 'y'", "not valid TOML"),
    ],
)
def test_what_is_misspelt_or_makes_no_sense_is_named_in_one_line(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(RecipeError, match=named) as caught:
        load(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml"):
        load(tmp_path / "none.toml")


def test_set_changes_single_values(tmp_path: Path) -> None:
    path = written(tmp_path, "name = 'x'\n[training]\nseed = 1\nbatch_clips = 3")
    changes = ["training.seed=5", "network.channels = 16", "name=other", "data.mix.part_weights=[1.0]"]
    recipe = load(path, changes)
    assert (recipe.training.seed, recipe.training.batch_clips) == (5, 3)
    assert recipe.network.channels == 16
    assert recipe.name == "other"
    assert recipe.data.mix.part_weights == (1.0,)


@pytest.mark.parametrize("change", ["training.seed", "training.sed=1", "name.first=1", "training.seed=x"])
def test_a_change_that_cannot_be_made_is_an_error(tmp_path: Path, change: str) -> None:
    with pytest.raises(RecipeError):
        load(written(tmp_path, "name = 'x'"), [change])


def test_a_recipe_comes_back_from_json_and_its_hash_tells_settings_apart(tmp_path: Path) -> None:
    path = written(tmp_path, "name = 'x'\n[[data.banks]]\nname = 'fonts'")
    recipe = load(path)
    again = from_mapping(json.loads(recipe.to_json()))
    assert again == recipe
    assert again.sha256 == recipe.sha256
    assert load(path, ["training.seed=2"]).sha256 != recipe.sha256


def test_a_recipe_written_before_shares_could_be_set_is_still_read() -> None:
    old = json.loads(NoteRecipe("x").to_json())
    del old["data"]["effects"]
    assert from_mapping(old) == NoteRecipe("x")
