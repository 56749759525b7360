import pytest

from mp3tomidi.train.classify.recipe import load_classifier_recipe, recipe_names
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.transcribe.classify.task import task_names


def test_every_recipe_can_be_read_and_every_task_has_one():
    assert {*task_names()} <= {*recipe_names()}
    assert all(load_classifier_recipe(name).name == name for name in recipe_names())


def test_the_tutorials_recipe_is_the_tutorials():
    recipe = load_classifier_recipe("genre_tutorial")
    training = recipe.training
    assert (training.optimizer, training.learning_rate, training.batch_segments, training.epochs) == (
        "sgd",
        0.01,
        128,
        100,
    )
    assert recipe.network.kind == "genre_net"
    assert recipe.network.genre_net.frames * 512 == recipe.task.segment_samples


def test_a_task_table_alone_is_a_recipe_and_every_setting_can_be_changed(tmp_path):
    file = tmp_path / "birds.toml"
    file.write_text('name = "birds"\nabout = "which bird"\nclasses = ["wren", "rook"]\n')
    recipe = load_classifier_recipe(
        str(file), ["training.epochs=3", "task.merging=vote", "network.sample_cnn.dropout=0.1"]
    )
    assert (recipe.name, recipe.task.classes, recipe.task.merging) == ("birds", ("wren", "rook"), "vote")
    assert (recipe.training.epochs, recipe.network.sample_cnn.dropout) == (3, 0.1)


def test_a_network_of_another_rate_or_length_is_refused():
    with pytest.raises(RecipeError, match="takes 52488 samples at a time, but the task's segments have 4000"):
        load_classifier_recipe("folders", ["task.segment_samples=4000", "task.hop_samples=4000"])
    with pytest.raises(RecipeError, match="22050 Hz"):
        load_classifier_recipe("genre_tutorial", ["task.sample_rate=16000"])
