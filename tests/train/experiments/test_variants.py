"""An experiment from end to end, as a user calls it: every variant is taught and measured once, and it goes on."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.cli import main
from mp3tomidi.train.datasets.rendered import RenderedMixes
from mp3tomidi.train.experiments import variants
from mp3tomidi.train.experiments.variants import THRESHOLDS, teach
from mp3tomidi.train.recipe import NoteRecipe
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.training.loop import Trainer, new_trainer, train
from mp3tomidi.train.training_commands import mixes_for

VARIANTS = """
recipe = "tiny.toml"

[[variants]]
name = "baseline"

[[variants]]
name = "wider"
why = "larger"
set = ["network.channels=12"]
"""
RATE = 16000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_recipe: NoteRecipe, tiny_banks: Path) -> Path:
    """A run of a few steps that variants can go on with."""
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "tiny")
    folder.write_recipe(tiny_recipe)
    trainer = new_trainer(tiny_recipe, "cpu")
    train(trainer, mixes_for(tiny_recipe, tiny_banks, tiny_banks, trainer), folder, steps=3, workers=0)
    return folder.path


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sets with a recording each, and drums without notes whose sound cannot be read."""
    folder = tmp_path_factory.mktemp("valid")
    time_s = np.arange(2 * RATE) / RATE
    for set_name, pitch in (("piano_close", 60), ("singing", 67)):
        (folder / set_name).mkdir()
        tone = 0.3 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time_s) * np.exp(-(time_s % 1.0) / 0.3)
        soundfile.write(folder / set_name / "a.wav", tone, RATE)
        (folder / set_name / "a.notes.tsv").write_text(f"0\t0.9\t{pitch}\t80\n1\t1.9\t{pitch}\t60\n")
    (folder / "drums").mkdir()
    (folder / "drums" / "b.wav").write_text("no sound")
    (folder / "drums" / "b.drums.tsv").write_text("0.5\tKD\n")
    return folder


@pytest.fixture
def experiment(tiny_recipe_file: Path, tiny_banks: Path, run: Path, valid: Path, tmp_path: Path):
    """Calls `mp3tomidi-train experiment` with two variants, two steps and a seed, in a folder of its own."""
    written = tmp_path / "variants.toml"
    written.write_text(VARIANTS)
    (tmp_path / "tiny.toml").write_text(tiny_recipe_file.read_text())

    def call(*arguments: str) -> int:
        folders = ["--from", run, "--banks", tiny_banks, "--valid", valid, "--out", tmp_path / "out"]
        words = ["experiment", written, *folders, "--steps", 2, "--seeds", 1, "--workers", 0, *arguments]
        return main([str(word) for word in words])

    return call


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command would set the threads of every test after it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def test_every_shipped_variant_can_be_followed() -> None:
    plan, recipe = variants.load(variants.SHIPPED_RECIPES / "experiments.toml")
    baseline = recipes.load(recipe)
    changed = [recipes.load(recipe, variant.set) for variant in plan.variants[1:]]
    assert len(changed) >= 12
    assert all(one != baseline for one in changed)
    assert len({one.sha256 for one in changed}) == len(changed)
    assert all(variant.why for variant in plan.variants)


def test_every_arm_is_taught_and_measured_and_what_is_done_is_not_done_again(
    experiment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert experiment("--only", "wider") == 0
    assert [path.name for path in out.iterdir()] == ["wider-1.json"]
    assert experiment() == 0
    assert sorted(path.name for path in out.iterdir()) == ["baseline-1.json", "wider-1.json"]
    assert "1/1 baseline-1" in capsys.readouterr().err

    result = json.loads((out / "baseline-1.json").read_text())
    assert (result["variant"], result["seed"], result["set"], result["steps"]) == ("baseline", 1, [], 2)
    assert result["thresholds"] == list(THRESHOLDS) == [round(0.1 + 0.05 * k, 2) for k in range(17)]
    assert [(r["set"], r["name"], r["reference"]) for r in result["recordings"]] == [
        ("piano_close", "a", 2),
        ("singing", "a", 2),
    ]
    for recording in result["recordings"]:
        assert len(recording["estimate"]) == len(recording["velocity_correlation"]) == 17
        assert sorted(recording["estimate"], reverse=True) == recording["estimate"]
        assert all(matched <= 2 for matched in recording["matched"])

    before = (out / "baseline-1.json").read_bytes()
    (out / "baseline-1.json").unlink()
    wider = (out / "wider-1.json").stat().st_mtime_ns
    assert experiment() == 0
    assert (out / "baseline-1.json").read_bytes() == before  # the same seed gives the same numbers
    assert (out / "wider-1.json").stat().st_mtime_ns == wider
    assert json.loads((out / "wider-1.json").read_text())["losses"] != result["losses"]

    assert experiment("--table", str(tmp_path / "table.md")) == 0
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert [line.split("|")[1].strip() for line in lines[:4]] == ["variant", "---", "baseline", "wider"]
    assert lines[-1] == "- wider: larger; `network.channels=12`"


def test_an_arm_can_start_from_nothing(experiment, tmp_path: Path) -> None:
    assert experiment("--from", "none", "--only", "wider") == 0
    assert json.loads((tmp_path / "out" / "wider-1.json").read_text())["start"] is None


def test_seeds_come_one_after_the_other_and_one_that_fails_stops_no_other(
    experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def result(variant: variants.Variant, recipe: NoteRecipe, seed: int, *_: object) -> dict:
        asked.append((variant.name, seed))
        if variant.name == "wider":
            raise variants.RecipeError("no room")
        return {"losses": {"loss": 1.0}}

    monkeypatch.setattr(variants, "_result", result)
    assert experiment("--seeds", "2") == 1
    assert asked == [("baseline", 1), ("wider", 1), ("baseline", 2), ("wider", 2)]
    assert "these variants failed: wider-1 wider-2" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["baseline-1.json", "baseline-2.json"]


@pytest.mark.parametrize(
    ("change", "arguments", "named"),
    [
        (('"wider"', '"baseline"'), [], "'baseline'"),
        (('"wider"', '"../wider"'), [], "'../wider'"),
        (('why = "larger"', 'reason = "larger"'), [], "'reason'"),
        (("network.channels", "network.channel"), [], "'channel'"),
        (('name = "baseline"', 'name = "baseline"\nset = ["training.seed=2"]'), [], "changes nothing"),
        (("", ""), ["--only", "narrower"], "no variant 'narrower'"),
        (("", ""), ["--from", "misspelt"], "misspelt: no run"),
        (("", ""), ["--steps", "0"], "--steps"),
        (("", ""), ["--table", "table.md"], "baseline-1.json: missing"),
    ],
)
def test_mistakes_are_one_line(
    experiment,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    arguments: list[str],
    named: str,
) -> None:
    (tmp_path / "variants.toml").write_text(VARIANTS.replace(*change))
    assert experiment(*arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("mp3tomidi-train: ")
    assert captured.err.count("\n") == 1, captured.err
    assert named in captured.err
    assert not (tmp_path / "out").exists()


def test_a_result_of_another_experiment_is_not_taken_for_this_one(
    experiment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    old = {"set": [], "steps": 120, "start": "tiny"}
    (tmp_path / "out" / "baseline-1.json").write_text(json.dumps(old))
    assert experiment() == 1
    assert "baseline-1.json: made with other settings" in capsys.readouterr().err


def test_arms_see_the_same_sound_for_a_seed_and_other_sound_for_another(
    tiny_recipe: NoteRecipe, tiny_banks: Path, run: Path
) -> None:
    spectrograms: list[list[bytes]] = []

    def mixes_of(recipe: NoteRecipe, trainer: Trainer) -> RenderedMixes:
        mixes = mixes_for(recipe, tiny_banks, tiny_banks, trainer)
        spectrograms.append([mixes[step].sound.numpy().tobytes() for step in (3, 4)])
        return mixes

    state = RunFolder(run).load()
    one, again, other = (teach(tiny_recipe, seed, state, 2, mixes_of, 0)[0] for seed in (1, 1, 2))
    assert spectrograms[0] == spectrograms[1]
    assert not set(spectrograms[0]) & set(spectrograms[2])
    assert torch.equal(one.stem.weight, again.stem.weight)
    assert not torch.equal(one.stem.weight, other.stem.weight)
    assert not torch.equal(one.stem.weight, state["averaged"]["module.stem.weight"])
