"""A DrumNet is taught, exported, calibrated and measured: from the recipe to the table."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from mp3tomidi.augment.labels import DRUM_HIT
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.cli import main
from mp3tomidi.train.commands import mixes_for
from mp3tomidi.train.drum_calibration import HeardClip, calibrate, calibration_table, match_pieces, measure
from mp3tomidi.train.loop import new_trainer
from mp3tomidi.train.recipe import DrumRecipe, Recipe, RecipeError, from_mapping
from mp3tomidi.train.report import Interval, RecordingScore, Report, sweep_table
from mp3tomidi.train.scoring import DRUM_CLASSES, Counts
from mp3tomidi.transcribe.drums.decoding import DrumActivations, DrumCalibration
from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import DrumHit

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
    """A folder with a run of 40 steps and, in weights/, what was exported of it."""
    folder = tmp_path_factory.mktemp("drums")
    banks = ["--banks", str(tiny_banks)]
    out = ["--out", str(folder / "run"), "--workers", "0"]
    assert main(["run", str(recipe_file), *banks, *out, "--steps", "10"]) == 0
    assert main(["run", "--resume", str(folder / "run"), *banks, *out[2:], "--steps", "40"]) == 0
    assert main(["export", str(folder / "run"), str(folder / "weights"), *banks]) == 0
    return folder


def test_forty_steps_lower_the_loss(taught: Path) -> None:
    early, late = (json.loads(line) for line in (taught / "run" / "log.jsonl").read_text().splitlines())
    assert (early["step"], late["step"]) == (10, 40)
    for part in ("loss", "onset"):
        assert late[part] < 0.7 * early[part], part


def test_what_was_exported_is_the_run(taught: Path) -> None:
    assert {path.name for path in (taught / "weights").iterdir()} == {
        "drum_net.json",
        "drum_net.onnx",
        "drum_net.safetensors",
    }
    card = json.loads((taught / "weights" / "drum_net.json").read_text())
    assert card["steps"] == 40
    assert card["settings"]["channels"] == 16
    assert from_mapping(card["recipe"]) == from_mapping(json.loads((taught / "run" / "recipe.json").read_text()))
    assert DrumTranscriber(taught / "weights").calibration == DrumCalibration()


def test_the_calibration_is_found_on_what_was_kept_back_and_written_to_the_card(
    taught: Path, recipe_file: Path, tiny_banks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (taught / "weights").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    words = ["calibrate", str(recipe_file), str(tmp_path), "--banks", str(tiny_banks), "--clips", "2"]
    with pytest.MonkeyPatch.context() as patch:  # the tiny corpora hold no song back, the tiny bank no kit
        patch.setattr("mp3tomidi.augment.passages.Passages.open", _not_held_out)
        assert main(words) == 1
        assert "no drum is hit" in capsys.readouterr().err
        patch.setattr("mp3tomidi.augment.roster.is_held_out_kit", lambda name: True)
        assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()[-8:]
    assert lines[0].startswith("kick")
    card = tmp_path / "drum_net.json"
    found = json.loads(card.read_text())
    assert DrumTranscriber(tmp_path).calibration == DrumCalibration(
        tuple(found["calibration"]["slope"]), tuple(found["calibration"]["shift"])
    )
    card.write_text(json.dumps(found | {"calibration": {"slope": [0.5]}}))
    with pytest.raises(WeightsError, match=r"drum_net\.json: the card is damaged"):
        DrumTranscriber(tmp_path)


def _not_held_out(data_root: Path, cache_folder: Path, *, held_out: bool = False):
    from mp3tomidi.augment import corpora
    from mp3tomidi.augment.passages import Passages

    assert held_out
    return Passages(corpora.load(data_root, cache_folder))


def test_recordings_are_scored_by_class(
    taught: Path, recipe_file: Path, tiny_banks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = recipes.load(recipe_file, ["data.mix.empty_share=1.0", "data.mix.duration_s=8.0"])
    mixes = mixes_for(recipe, tiny_banks, tiny_banks, new_trainer(recipe, "cpu"))
    sound, labels = mixes.mixer.clip(np.random.default_rng(5))
    (tmp_path / "drums").mkdir()
    soundfile.write(tmp_path / "drums" / "groove.wav", sound, 16_000)
    names = {36: "KD", 38: "SD", 42: "HH", 46: "HH", 49: "CY"}
    rows = [f"{hit['onset_s']:.3f}\t{names[int(hit['key'])]}\n" for hit in labels.drum_hits if hit["onset_s"] > 0]
    (tmp_path / "drums" / "groove.drums.tsv").write_text("".join(rows))
    (tmp_path / "silent").mkdir()
    soundfile.write(tmp_path / "silent" / "silence.wav", np.zeros(32_000), 16_000)
    (tmp_path / "silent" / "silence.notes.tsv").write_text("0.5\t1.0\t60\t0\n")

    words = ["evaluate", "--data", str(tmp_path), "--weights", str(taught / "weights"), "--drums"]
    assert main([*words, "--json", str(tmp_path / "scores.json"), "--card"]) == 0
    table = capsys.readouterr().out
    for heading in ("5-class", "KD P", "TT R", "hits/min"):
        assert heading in table
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores["drums"]["drums"].keys() >= {"5-class", "KD"}
    card = json.loads((taught / "weights" / "drum_net.json").read_text())
    assert card["scores"]["silent"]["hits/min"] == 0.0
    assert "5-class" in card["scores"]["drums"]

    assert main([*words, "--sweep"]) == 0
    swept = capsys.readouterr().out
    assert swept.count("as it is") == 7  # all five classes, three, and each


def test_the_table_has_precision_and_recall_of_each_class_and_hits_where_none_are_played() -> None:
    def recording(set_name: str, hits: int, drums: dict[str, Counts] | None) -> RecordingScore:
        return RecordingScore(set_name, set_name, 30.0, 0, hits, None, drums)

    nothing = dict.fromkeys(DRUM_CLASSES, Counts(0, 0, 0))
    report = Report(
        (
            recording("band", 5, nothing | {"KD": Counts(3, 4, 5)}),
            recording("band", 9, nothing | {"KD": Counts(3, 8, 3), "CY": Counts(0, 2, 6)}),
            recording("piano", 2, None),
        )
    )
    accuracy = report.drum_accuracy["band"]
    assert (accuracy["KD P"].mean, accuracy["KD R"].mean) == (6 / 8, 6 / 12)
    assert (accuracy["CY P"].mean, accuracy["CY R"].mean) == (0.0, 0.0)
    assert report.drum_ghosts == {"piano": {"hits/min": Interval(4.0, 4.0, 4.0)}}
    assert report.drum_figures()["piano"] == {"hits/min": 4.0}
    swept = sweep_table({"low": report, "high": Report(())}, "KD").splitlines()
    assert swept[0].split() == ["KD", "band", "mean"]
    assert swept[1].split() == ["low", "0.600*", "0.600*"]
    assert swept[2].split() == ["high", "0.000", "0.000"]


def test_a_piece_is_counted_once_where_two_of_its_keys_are_hit_at_once() -> None:
    hits = np.array([(0, 0.5, 38, 90), (0, 0.5, 39, 90), (0, 1.0, 36, 90), (0, 1.5, 54, 90)], DRUM_HIT)
    found = [DrumHit(0.52, 38, 80), DrumHit(1.06, 36, 80), DrumHit(1.5, 42, 80)]
    matches = match_pieces(hits, found)
    counts = [one.counts for one in matches]
    assert matches[1].error_s == pytest.approx([0.02])
    assert (matches[1].played.tolist(), matches[1].heard.tolist()) == ([90.0], [80.0])
    assert counts[:2] == [Counts(0, 1, 1), Counts(1, 1, 1)]
    assert counts[4] == Counts(0, 0, 1)
    assert counts[7] == Counts(0, 0, 0)


def test_a_peak_is_as_likely_a_hit_as_peaks_of_its_height_are() -> None:
    def bump(time_s: float, height: float) -> NDArray[np.float32]:
        return (height * np.exp(-0.5 * ((np.arange(3000) - 100 * time_s) / 0.8) ** 2)).astype(np.float32)

    rng = np.random.default_rng(0)
    onset, velocity = np.zeros((2, 3000, 8), np.float32)
    velocity[:] = np.arange(3000)[:, None] / 3000
    rows = []
    for number in range(90):
        time_s = 0.25 + 0.3 * number
        height = rng.uniform(0.15, 0.95)
        onset[:, 0] += bump(time_s, height)
        onset[:, 7] += bump(time_s, 0.9)
        if rng.random() < 1 / (1 + np.exp(1.0) * (1 / height - 1)):  # its log odds, less one
            rows.append((0, time_s - 0.01, 36, 40 + number))
        rows.append((0, time_s - 0.01, 51, 100))
    activations = DrumActivations(onset, velocity, 0.01)
    clips = [HeardClip(activations, np.array(rows, DRUM_HIT))]
    found = calibrate(clips)
    assert found.slope[0] == pytest.approx(1.0, abs=0.4)
    assert found.shift[0] == pytest.approx(-1.0, abs=0.5)
    assert (found.slope[7], found.shift[7]) == (1.0, 0.0)  # nothing to tell hits from
    ride = calibration_table(measure(clips, found)).splitlines()[-1]
    assert ride.split() == ["ride", "1.000", "1.000", "1.000", "10.0", "10.0", "nan", "90"]


def test_kinds_of_recipes_are_told_apart(recipe_file: Path, tmp_path: Path, tiny_recipe_file: Path) -> None:
    recipe = recipes.load(recipe_file)
    assert isinstance(recipe, DrumRecipe)
    assert from_mapping(json.loads(recipe.to_json())) == recipe
    assert isinstance(from_mapping({"name": "x"}), Recipe)
    assert from_mapping({"name": "x", "kind": "note_net"}) == from_mapping({"name": "x"})
    with pytest.raises(RecipeError, match="no kind 'drumnet'"):
        from_mapping({"name": "x", "kind": "drumnet"})
    with pytest.raises(RecipeError, match="a NoteNet's is needed"):
        recipes.load_for_notes(recipe_file)
    with pytest.raises(RecipeError, match="a DrumNet's is needed"):
        recipes.load_for_drums(tiny_recipe_file)
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
