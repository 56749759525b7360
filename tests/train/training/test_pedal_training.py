"""A PedalNet is taught on what a piano's clips sound like, and its recipe says all that made it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment.music.pedalling import PEDAL
from mp3tomidi.train.recipe import PedalRecipe, PedalTraining, RecipeError, load, load_as
from mp3tomidi.train.training.export import export_pedal
from mp3tomidi.train.training.pedal_examples import PedalExamples, pedal_examples, pedal_targets
from mp3tomidi.train.training.pedal_training import teach_pedal
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.networks.settings import PedalNetSettings
from mp3tomidi.transcribe.notes.pedal import PedalReader

SMALL = PedalNetSettings(feature_count=3, channels=8, dilations=(1, 2))
RECIPE = Path(__file__).parents[3] / "train" / "recipes" / "pedal_net.toml"


def presses(*rows: tuple[float, float]) -> np.ndarray:
    return np.array(list(rows), PEDAL)


def test_targets_are_the_state_and_how_near_its_edges_are() -> None:
    targets = pedal_targets(presses((-0.5, 0.41), (0.61, 1.2)), 30, 0.04)
    down = [round(0.01 + 0.04 * step, 2) for step in np.flatnonzero(targets[0])]
    assert down == [0.01, 0.05, 0.09, 0.13, 0.17, 0.21, 0.25, 0.29, 0.33, 0.37, *np.arange(0.61, 1.18, 0.04).round(2)]
    assert targets[1].max() == targets[1, 15] == 1.0  # at .61 s
    assert targets[1, 14] == pytest.approx(0.5)
    assert targets[2, 10] == 1.0
    assert targets[2, 13:28].max() == 0.0
    assert not pedal_targets(presses(), 30, 0.04).any()


def test_what_can_be_learned_is_learned_and_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    state = np.repeat(rng.random((48, 1, 20)) < 0.5, 10, axis=2)
    edges = np.diff(state.astype(int), prepend=0, axis=2)
    targets = np.concatenate([state, edges == 1, edges == -1], axis=1)
    features = targets + rng.normal(0.0, 0.5, targets.shape)
    examples = PedalExamples(features.astype(np.float16), targets.astype(np.float16))
    said: list[str] = []
    training = PedalTraining(epochs=8, batch_clips=4)
    net = teach_pedal(examples, SMALL, training, said.append)
    assert float(said[-1].split()[-2]) > 92.0  # by one feature and a threshold alone it is 84
    again = teach_pedal(examples, SMALL, training, lambda _: None)
    assert all((a == b).all() for a, b in zip(net.state_dict().values(), again.state_dict().values(), strict=True))


def test_examples_are_the_activations_of_each_clip() -> None:
    class Ear:
        """Hears a sound's samples as its frames, at every pitch."""

        def activations(self, sound: np.ndarray) -> tuple[Activations, None]:
            rolls = np.repeat(sound[:, None], PITCH_COUNT, axis=1)
            return Activations(rolls, rolls, rolls, rolls, rolls, 0.02), None

    rng = np.random.default_rng(0)
    clips = [(rng.random(100).astype(np.float32), presses((0.1 * index, 1.0))) for index in range(3)]
    examples = pedal_examples(Ear(), iter(clips))  # type: ignore[arg-type]
    assert examples.features.shape == (3, 35, 50)
    assert examples.targets[:, 0].sum(axis=1).tolist() == [25, 22, 20]


def test_the_network_is_exported_with_its_recipe(tmp_path: Path) -> None:
    (tmp_path / "banks" / "sines").mkdir(parents=True)
    (tmp_path / "banks" / "sines" / "manifest.json").write_text(json.dumps({"credits": [["CC0-1.0", "us"]]}))
    recipe = load_as(PedalRecipe, RECIPE, ['data.banks=[{name="sines"}]', "training.clips=2"])
    rng = np.random.default_rng(0)
    examples = PedalExamples(rng.random((4, 35, 60)).astype(np.float16), rng.random((4, 3, 60)).astype(np.float16))
    net = teach_pedal(examples, recipe.network, recipe.training, lambda _: None)
    export_pedal(net, recipe, tmp_path, tmp_path / "banks")
    card = json.loads((tmp_path / "pedal_net.json").read_text())
    assert card["recipe_sha256"] == recipe.sha256
    assert {"licence": "CC0-1.0", "attribution": "us"} in card["taught_by"]
    assert any("POP909" in credit["attribution"] for credit in card["taught_by"])
    heard = Activations(*np.full((5, 101, PITCH_COUNT), 0.2, np.float32), hop_s=0.02)
    assert PedalReader(tmp_path)(heard).shape == (3, 51)


def test_a_recipe_of_another_kind_is_refused() -> None:
    with pytest.raises(RecipeError, match="pedal_net"):
        load(RECIPE)
