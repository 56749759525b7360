from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mp3tomidi.augment import recipe
from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.chains.chain import Drawn
from mp3tomidi.augment.effects.chains.training import effect_shares, training_chain
from mp3tomidi.augment.effects.ranges import field_kinds
from mp3tomidi.augment.recipe import Group, RecipeError, Step, any_order, one_of

RATE = 16000


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", recipe.shipped())
def test_a_shipped_recipe_is_described_sounds_and_survives_being_written_down(name: str) -> None:
    read = recipe.load(name)
    assert read.name == name
    assert len(read.description) > 20
    chain, again = read.chain(RATE), recipe.from_mapping(read.to_mapping()).chain(RATE)
    x = 0.1 * torch.randn(4, 1, RATE, generator=torch.Generator().manual_seed(0))
    y = chain.sound(x, chain.draw(np.random.default_rng(0), 4))
    assert torch.isfinite(y).all()
    assert y.abs().max() <= 1.0
    assert not torch.equal(x, y)
    assert torch.equal(y, again.sound(x, again.draw(np.random.default_rng(0), 4)))


def test_the_recipes_that_are_promised_are_shipped() -> None:
    assert set(recipe.shipped()) >= {
        "studio",
        "live_room",
        "phone",
        "cassette",
        "club",
        "heavy",
        "chorus_reverb_filter",
    }


def test_a_file_says_effects_shares_and_ranges(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        description = "two steps"
        [[steps]]
        effect = "gain"
        peak_dbfs = -6
        [[steps]]
        one_of = [{ effect = "reverb", share = 0.25, rt60_s = [0.3, 0.4] }, { effect = "noise", share = 0.5 }]
        """,
    )
    drawn = recipe.load(path).chain(RATE).draw(np.random.default_rng(0), 400)
    assert set(drawn.params[0].peak_dbfs) == {-6.0}  # type: ignore[union-attr]
    inner = drawn.params[1]
    assert isinstance(inner, Drawn)
    np.testing.assert_allclose(inner.applied.mean(axis=1), [0.25, 0.5], atol=0.06)
    rt60_s = inner.params[0].rt60_s  # type: ignore[union-attr]
    assert 0.3 <= np.median(rt60_s) <= 0.4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[steps]]\neffect = "revreb"', "step 1: there is no effect 'revreb'; did you mean 'reverb'?"),
        ('[[steps]]\neffect = "delay"', "there is no effect 'delay'; there are automatic_gain, bandwidth, chorus, "),
        (
            '[[steps]]\neffect = "reverb"\nrt_60 = 1.0',
            "reverb has no parameter 'rt_60'; did you mean 'rt60_s'?",
        ),
        ('[[steps]]\neffect = "reverb"\nrt60_s = [0.1, 90.0]', "rt60_s = [0.1, 90.0] is out of range: 0.02 to 20"),
        ('[[steps]]\neffect = "reverb"\nrt60_s = [0.9, 0.1]', "the lower end comes first"),
        ('[[steps]]\neffect = "reverb"\nrt60_s = "long"', "reverb: rt60_s must be a list"),
        ('[[steps]]\neffect = "reverb"\nshare = 1.5', "reverb: share = 1.5 is out of range: 0 to 1"),
        ('[[steps]]\neffekt = "reverb"', "step 1: 'effekt' is unknown; did you mean 'effect'?"),
        ('[[steps]]\neffect = "filter"\nengine = "soks"', "there is no engine 'soks'; did you mean 'sox'?"),
        (
            '[[steps]]\neffect = "noise"\nengine = "sox"',
            "noise has no engine 'sox'; these have it: chorus,",
        ),
        ('[[step]]\neffect = "reverb"', "a recipe has no 'step'"),
        ('description = "nothing"', "it has no steps"),
        ("[[steps]]\nany_order = []", "any_order: it has no steps"),
        ('[[steps]]\nany_order = [{ effect = "chrous" }]', "step 1: any_order step 1: there is no effect 'chrous'"),
        ('[[steps]]\none_of = [{ effect = "room" }, { effect = "reverb" }]', "its shares add up to 2"),
        ("[[steps]\n", "not valid TOML"),
        ('[[steps]]\neffect = "filter"\nkind_shares = [1.0, 1.0, 0.0, 0.0]', "that add up to 1"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_a_line(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RecipeError) as caught:
        recipe.load(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_recipe_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no recipe 'casette'; did you mean 'cassette'"):
        recipe.load("casette")
    with pytest.raises(RecipeError, match=r"none\.toml: cannot be read"):
        recipe.load(tmp_path / "none.toml")


def test_steps_in_python_are_those_of_a_file(tmp_path: Path) -> None:
    steps = (Step("gain", peak_dbfs=-6), any_order(Step("chorus", 0.3), one_of(Step("filter", 0.4)), share=0.5))
    path = written(
        tmp_path,
        """
        [[steps]]
        effect = "gain"
        peak_dbfs = -6
        [[steps]]
        share = 0.5
        any_order = [{ effect = "chorus", share = 0.3 }, { one_of = [{ effect = "filter", share = 0.4 }] }]
        """,
    )
    assert [step.to_mapping() for step in steps] == recipe.load(path).to_mapping()["steps"]
    with pytest.raises(RecipeError, match="no group 'some_of'"):
        Group("some_of", steps)


@pytest.mark.parametrize("name", discovery.EFFECTS)
def test_every_effect_is_found_by_its_name_and_by_that_of_its_settings(name: str, tmp_path: Path) -> None:
    ranges = discovery.ranges_class(name)
    if "folder" in field_kinds(ranges):
        soundfile.write(tmp_path / "a.wav", np.ones(100), RATE)
        ranges = partial(ranges, folder=str(tmp_path))  # type: ignore[assignment]
    effect = discovery.make(name, RATE, ranges())
    assert type(effect).__module__.endswith(f".effects.{name}")
    params = effect.draw(np.random.default_rng(0), 1)
    assert discovery.params_class(type(params).__name__) is type(params)
    assert ranges() == effect.ranges  # type: ignore[attr-defined]


def test_the_training_chain_is_a_recipe_that_everybody_can_use() -> None:
    x = 0.1 * torch.randn(30, 1, RATE // 4, generator=torch.Generator().manual_seed(0))
    chains = training_chain(RATE, effect_shares()), recipe.load("training").chain(RATE)
    ours, theirs = (chain.sound(x, chain.draw(np.random.default_rng(5), len(x))) for chain in chains)
    assert torch.equal(ours, theirs)


def test_a_folder_is_seen_from_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "noises").mkdir()
    soundfile.write(tmp_path / "noises" / "a.wav", np.ones(100), RATE)
    read = recipe.load(written(tmp_path, '[[steps]]\none_of = [{ effect = "noise_files", folder = "noises" }]'))
    assert read.to_mapping()["steps"][0]["one_of"][0]["folder"] == str(tmp_path / "noises")
    read.chain(RATE)
