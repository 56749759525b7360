"""What is wrong with a recipe, in words that say what to change."""

from typing import get_args

import pytest

from mp3tomidi.train.recipe import FileRecipe, RecipeError, from_mapping


@pytest.mark.parametrize(
    ("mapping", "line"),
    [
        ({"nmae": "x"}, "the top level has no setting 'nmae'"),
        ({}, "the top level needs a 'name'"),
        ({"name": "x", "data": {"banks": [{"weight": 1}]}}, "data.banks.0 needs a 'name'"),
        ({"name": "x", "training": {"seed": True}}, "training.seed must be a whole number, not True"),
        ({"name": "x", "training": {"learning_rate": "fast"}}, "training.learning_rate must be a number, not 'fast'"),
        ({"name": "x", "training": 3}, "training must be a table, not 3"),
        ({"name": "x", "data": {"banks": "fonts"}}, "data.banks must be a list, not 'fonts'"),
        ({"name": "x", "data": {"mix": {"drum_level_db": [1]}}}, "data.mix.drum_level_db needs more than 1 values"),
        (
            {"name": "x", "data": {"mix": {"drum_level_db": [1, 2, 3]}}},
            "data.mix.drum_level_db must have 2 values, not 3",
        ),
        (
            {"name": "x", "data": {"effects": {"reverb": 65}}},
            "data.effects: reverb must be a share from 0 to 1, not 65.0",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_named_and_what_it_must_be(mapping, line):
    with pytest.raises(RecipeError) as caught:
        from_mapping(mapping, "recipe.toml")
    assert str(caught.value) == f"recipe.toml: {line}"


def test_of_a_kind_that_is_not_there_all_that_are_are_named():
    with pytest.raises(RecipeError) as caught:
        from_mapping({"name": "x", "kind": "drumnet"}, "recipe.toml")
    kinds = ", ".join(repr(one.kind) for one in get_args(get_args(FileRecipe)[0]))
    assert str(caught.value) == f"recipe.toml: there is no 'kind' 'drumnet', only {kinds}"
