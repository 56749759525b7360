"""A DrumNet and its judge are taught, exported and measured: from the recipe to the table."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.cli import main
from mp3tomidi.train.recipe import DrumRecipe, NoteRecipe, RecipeError, from_mapping
from mp3tomidi.train.training.loop import new_trainer
from mp3tomidi.train.training_commands import mixes_for
from mp3tomidi.transcribe.drums.drum_judge import DrumJudge
from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import DrumHit
from mp3tomidi.transcribe.networks import checkpoint

TINY = """
name = "tiny_drums"
kind = "drum_net"

[[data.banks]]
name = "sines"

[data.mix]
duration_s = 2.0
empty_share = 0.8
empty_weights = [1.0, 0.0, 0.0]

[data.effects]
codec = 0
equaliser = 0
noise = 0
reverb = 0

[network]
stem_channels = [8, 8, 8]
channels = 16
time_dilations = [1, 2]

[network.front_end]  # that of banks at 16 kHz
sample_rate = 16000
hop_samples = 160
window_samples = [2048, 512, 256]
bin_count = 96

[judge_training]
clips = 8
clip_s = 4.0
epochs = 30
batch_candidates = 16
learning_rate = 1e-2

[training]
batch_clips = 4
micro_batch_clips = 2
learning_rate = 1e-2
warm_up_steps = 5
average_decay = 0.8
"""


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny_drums.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="module")
def taught(recipe_file: Path, tiny_banks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of 40 steps and, in weights/, what was exported of it, with a judge."""
    folder = tmp_path_factory.mktemp("drums")
    banks = ["--banks", str(tiny_banks)]
    out = ["--out", str(folder / "run"), "--workers", "0"]
    assert main(["run", str(recipe_file), *banks, *out, "--steps", "10"]) == 0
    assert main(["run", "--resume", str(folder / "run"), *banks, *out[2:], "--steps", "40"]) == 0
    weights = folder / "weights"
    assert main(["export", str(folder / "run"), str(weights), *banks]) == 0
    assert main(["judge", str(recipe_file), str(weights), *banks]) == 0
    return folder


def test_forty_steps_lower_the_loss(taught: Path) -> None:
    early, late = (json.loads(line) for line in (taught / "run" / "log.jsonl").read_text().splitlines())
    assert (early["step"], late["step"]) == (10, 40)
    for part in ("loss", "onset"):
        assert late[part] < 0.7 * early[part], part


def test_what_was_exported_is_the_run(taught: Path) -> None:
    assert {path.name for path in (taught / "weights").iterdir()} == {
        f"{name}.{suffix}"
        for name in ("drum_net", "drum_judge", "drum_velocity")
        for suffix in ("json", "onnx", "safetensors")
    }
    card = json.loads((taught / "weights" / "drum_net.json").read_text())
    assert card["steps"] == 40
    assert card["settings"]["channels"] == 16
    assert from_mapping(card["recipe"]) == from_mapping(json.loads((taught / "run" / "recipe.json").read_text()))
    for name in ("drum_judge", "drum_velocity"):
        card = json.loads((taught / "weights" / f"{name}.json").read_text())
        assert card["hours_of_sound"] == pytest.approx(32 / 3600, abs=0.05)
        assert card["recipe"]["judge_training"]["clip_s"] == 4.0


@pytest.mark.usefixtures("graphs_left_out")
def test_what_goes_by_a_network_goes_when_another_comes(taught: Path, tiny_banks: Path, tmp_path: Path) -> None:
    for path in (taught / "weights").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["export", str(taught / "run"), str(tmp_path), "--banks", str(tmp_path)]) == 1  # no banks there
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert main(["export", str(taught / "run"), str(tmp_path), "--banks", str(tiny_banks)]) == 0
    assert {path.stem for path in tmp_path.iterdir()} == {"drum_net"}
    with pytest.raises(WeightsError, match=r"drum_judge\.json"):
        DrumTranscriber(tmp_path)


def test_each_network_of_the_second_look_has_a_seed_of_its_own(taught: Path) -> None:
    one, other, third = checkpoint.load(DrumJudge, taught / "weights").second.members
    for some, else_ in ((one, other), (one, third), (other, third)):
        assert not torch.equal(some.layers[1].weight, else_.layers[1].weight)
        assert torch.equal(some.mean, else_.mean)


@pytest.mark.usefixtures("graphs_left_out")
def test_a_second_look_is_taught_on_a_first_one_that_is_there(
    taught: Path, recipe_file: Path, tiny_banks: Path, tmp_path: Path
) -> None:
    for path in (taught / "weights").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before, velocity = checkpoint.load(DrumJudge, tmp_path), (tmp_path / "drum_velocity.onnx").read_bytes()
    changes = ["judge_training.first_look_kept=true", "judge_training.clips=4"]
    words = ["judge", str(recipe_file), str(tmp_path), "--banks", str(tiny_banks)]
    assert main([*words, *(word for change in changes for word in ("--set", change))]) == 0
    after = checkpoint.load(DrumJudge, tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(before.first.parameters(), after.first.parameters(), strict=True))
    for old, new in zip(before.second.members, after.second.members, strict=True):
        assert not torch.equal(old.layers[1].weight, new.layers[1].weight)
    assert (tmp_path / "drum_velocity.onnx").read_bytes() == velocity
    (tmp_path / "drum_judge.json").unlink()
    assert main([*words, "--set", changes[0]]) == 1


def test_the_kits_kept_back_are_measured_piece_by_piece(
    taught: Path, recipe_file: Path, tiny_banks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["kits", str(recipe_file), "--weights", str(taught / "weights"), "--banks", str(tiny_banks), "--clips", "2"]
    with pytest.MonkeyPatch.context() as patch:  # the tiny corpora hold no song back, the tiny bank no kit
        patch.setattr("mp3tomidi.augment.music.passages.Passages.open", _not_held_out)
        assert main(words) == 1
        assert "no drum is hit" in capsys.readouterr().err
        patch.setattr("mp3tomidi.augment.mixing.roster.is_held_out_kit", lambda name: True)
        assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in (*lines[2:11:7], lines[10], lines[-1])] == ["kick", "ride", "all", "all"]
    hits = [int(line.split()[-1]) for line in lines[2:11]]  # of drums alone
    assert hits[0] > 5
    assert sum(hits[:8]) == hits[8]


def _not_held_out(data_root: Path, cache_folder: Path, *, held_out: bool = False):
    from mp3tomidi.augment.music import corpora
    from mp3tomidi.augment.music.passages import Passages

    assert held_out
    return Passages(corpora.load(data_root, cache_folder))


def test_recordings_are_scored_by_class(
    taught: Path,
    recipe_file: Path,
    tiny_banks: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a decoder that finds the kicks alone: what a network of 40 steps finds hangs on the order of sums."""
    recipe = recipes.load(recipe_file, ["data.mix.empty_share=1.0", "data.mix.duration_s=8.0"])
    mixes = mixes_for(recipe, tiny_banks, tiny_banks, new_trainer(recipe, "cpu"))
    sound, labels = mixes.mixer.clip(np.random.default_rng(1))
    (tmp_path / "drums").mkdir()
    soundfile.write(tmp_path / "drums" / "groove.wav", sound, 16_000)
    names = {36: "KD", 38: "SD", 42: "HH", 46: "HH", 49: "CY"}
    rows = [f"{hit['onset_s']:.3f}\t{names[int(hit['key'])]}\n" for hit in labels.drum_hits if hit["onset_s"] > 0]
    (tmp_path / "drums" / "groove.drums.tsv").write_text("".join(rows))
    (tmp_path / "silent").mkdir()
    soundfile.write(tmp_path / "silent" / "silence.wav", np.zeros(32_000), 16_000)
    (tmp_path / "silent" / "silence.notes.tsv").write_text("0.5\t1.0\t60\t0\n")

    heard_s = [float(hit["onset_s"]) for hit in labels.drum_hits if hit["key"] == 36 and hit["onset_s"] > 0]
    kicks = tuple(DrumHit(onset_s, 36, 80) for onset_s in heard_s)
    assert 3 < len(kicks) < len(rows)
    monkeypatch.setattr(DrumTranscriber, "hits", lambda _, heard, __: kicks if heard.duration_s > 5.0 else ())

    words = ["evaluate", "--data", str(tmp_path), "--weights", str(taught / "weights"), "--drums"]
    assert main([*words, "--json", str(tmp_path / "scores.json"), "--card"]) == 0
    table = capsys.readouterr().out
    for heading in ("5-class", "KD P", "TT R", "hits/min"):
        assert heading in table
    scores = json.loads((tmp_path / "scores.json").read_text())
    accuracy = {name: interval["mean"] for name, interval in scores["drums"]["drums"].items()}
    assert accuracy["KD"] == 1.0
    assert accuracy["HH"] == 0.0
    assert accuracy["5-class"] == pytest.approx(2 * len(kicks) / (len(kicks) + len(rows)))
    assert scores["drum_ghosts"]["silent"]["hits/min"]["mean"] == 0.0
    card = json.loads((taught / "weights" / "drum_net.json").read_text())
    assert card["scores"]["silent"]["hits/min"] == 0.0
    assert "5-class" in card["scores"]["drums"]

    assert main([*words, "--sweep", "--card"]) == 1
    assert "--sweep only prints" in capsys.readouterr().err
    assert main([*words, "--sweep"]) == 0
    swept = capsys.readouterr().out
    assert swept.count("as it is") == 7  # all five classes, three, and each


def test_kinds_of_recipes_are_told_apart(recipe_file: Path, tmp_path: Path, tiny_recipe_file: Path) -> None:
    recipe = recipes.load(recipe_file)
    assert isinstance(recipe, DrumRecipe)
    assert from_mapping(json.loads(recipe.to_json())) == recipe
    assert isinstance(from_mapping({"name": "x"}), NoteRecipe)
    assert from_mapping({"name": "x", "kind": "note_net"}) == from_mapping({"name": "x"})
    with pytest.raises(RecipeError, match="there is no 'kind' 'drumnet', only 'note_net', 'drum_net'"):
        from_mapping({"name": "x", "kind": "drumnet"})
    with pytest.raises(RecipeError, match="the recipe of a drum_net, but that of a note_net is needed"):
        recipes.load_as(NoteRecipe, recipe_file)
    with pytest.raises(RecipeError, match="that of a drum_net is needed"):
        recipes.load_as(DrumRecipe, tiny_recipe_file)
    shorter = recipes.load(recipe_file, ["network.front_end.window_samples=[1024, 256]"]).network.front_end
    assert (shorter.window_samples, shorter.hop_samples, shorter.bin_count) == ((1024, 256), 160, 96)
    with pytest.raises(RecipeError, match="8 values"):
        recipes.load(recipe_file, ["loss.positive=[1.0]"])


def test_a_micro_batch_takes_its_own_labels(recipe_file: Path, tiny_banks: Path) -> None:
    recipe = recipes.load(recipe_file)
    batch = mixes_for(recipe, tiny_banks, tiny_banks, new_trainer(recipe, "cpu"))[0]
    parts = [batch.labels.of_clips(first, first + 2) for first in (0, 2)]
    assert sum(len(part.drum_hits) for part in parts) == len(batch.labels.drum_hits)
    assert sum(len(part.notes) for part in parts) == len(batch.labels.notes)
    last = batch.labels.drum_hits[batch.labels.drum_hits["clip"] == 3]
    assert np.array_equal(parts[1].drum_hits["onset_s"][parts[1].drum_hits["clip"] == 1], last["onset_s"])
    assert torch.isfinite(batch.sound).all()
