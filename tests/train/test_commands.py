"""mp3tomidi-train as a user calls it: it trains, goes on, cools down and measures, and every mistake is one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mp3tomidi.train.cli import main


@pytest.fixture
def run(tiny_recipe_file: Path, tiny_banks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Calls `mp3tomidi-train run` with the tiny bank, in a folder of its own; returns the exit status."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, banks: Path = tiny_banks, recipe: bool = True) -> int:
        words = ["run", *([str(tiny_recipe_file)] if recipe else []), "--banks", str(banks), "--workers", "0"]
        return main([*words, *arguments])

    return call


def state_of(folder: str) -> dict:
    return torch.load(Path(folder) / "state.pt", weights_only=True)


def one_line(capsys: pytest.CaptureFixture[str], *named: str) -> None:
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.startswith("mp3tomidi-train: ")
    assert captured.err.count("\n") == 1, captured.err
    for word in named:
        assert word in captured.err


def test_a_run_is_made_continued_and_cooled_down(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--steps", "4", "--set", "training.cool_down_share=0.4") == 0
    assert state_of("runs/tiny")["progress"]["step"] == 4
    recipe = json.loads(Path("runs/tiny/recipe.json").read_text())
    assert recipe["training"]["cool_down_share"] == 0.4

    assert run("--resume", "runs/tiny", "--steps", "5", recipe=False) == 0
    assert state_of("runs/tiny")["progress"]["step"] == 5

    assert run("--resume", "runs/tiny", "--cooldown", recipe=False) == 0  # 0.4 of 5 steps
    cooled = state_of("runs/tiny/cooled-5")
    assert cooled["progress"]["step"] == 7
    assert tuple(cooled["cool_down"]) == (5, 2)
    assert state_of("runs/tiny")["progress"]["step"] == 5  # and can be trained on
    assert json.loads(Path("runs/tiny/cooled-5/recipe.json").read_text()) == recipe

    capsys.readouterr()
    assert run("--resume", "runs/tiny", "--cooldown", recipe=False) == 1
    one_line(capsys, "cooled-5", "holds a run already")


def test_a_run_is_not_written_over(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--steps", "1", "--out", "mine") == 0
    capsys.readouterr()
    assert run("--steps", "1", "--out", "mine") == 1
    one_line(capsys, "mine: holds a run already", "--resume mine")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--set", "training.sed=1"], "'sed'"),
        (["--set", 'data.banks=[{name="nosuch"}]'], "nosuch: no finished bank here"),
        (["--set", "data.banks=[]"], "no instrument"),
        (["--set", "data.mix.family_weights={winds=1.0}"], "no instrument"),
        (["--cooldown"], "--resume"),
        (["--device", "nowhere"], "'nowhere'"),
        (["--out", "file/run"], "file/run: cannot be a run's folder"),
    ],
)
def test_mistakes_are_one_line(run, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str) -> None:
    Path("file").write_text("")
    assert run("--steps", "1", *arguments) == 1
    one_line(capsys, named)
    assert not Path("runs").exists()


def test_resuming_what_is_not_there_is_one_line_and_makes_nothing(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--resume", "misspelt", recipe=False) == 1
    one_line(capsys, "misspelt: no run to resume here")
    assert not Path("misspelt").exists()


def test_banks_without_passages_are_one_line(
    run, capsys: pytest.CaptureFixture[str], tiny_banks: Path, tmp_path: Path
) -> None:
    (tmp_path / "banks").mkdir()
    (tmp_path / "banks" / "sines").symlink_to(tiny_banks / "sines")
    assert run("--steps", "1", banks=tmp_path / "banks") == 1
    one_line(capsys, "midi: no MIDI files")


def test_neither_recipe_nor_run_is_one_line(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(recipe=False) == 1
    one_line(capsys, "give a recipe")


def test_notes_are_measured_and_thresholds_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    soundfile.write(tmp_path / "set" / "silence.wav", np.zeros(16_000), 16_000)
    (tmp_path / "set" / "silence.notes.tsv").write_text("0.5\t0.9\t60\t80\n")
    words = ["evaluate", "--data", str(tmp_path)]
    assert main([*words, "--json", str(tmp_path / "scores.json")]) == 0
    heading, row, *_ = capsys.readouterr().out.splitlines()
    assert dict(zip(heading.split(), row.split(), strict=True))["On"] == "0.000"
    assert "set" in json.loads((tmp_path / "scores.json").read_text())["notes"]
    assert main([*words, "--sweep"]) == 0
    swept = capsys.readouterr().out.splitlines()
    assert len(swept) == 11
    assert (swept[0].split()[0], swept[1].split()[:3]) == ("On", ["as", "it", "is"])


def test_banks_of_another_rate_than_the_network_are_refused(
    run, tiny_banks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_banks, tmp_path / "banks")
    manifest = tmp_path / "banks" / "sines" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "sample_rate": 32_000}))
    assert run("--steps", "1", banks=tmp_path / "banks") == 1
    one_line(capsys, "banks/sines: is at 32000 Hz, the network at 16000 Hz", "mp3tomidi-augment bank", "--rate 16000")
