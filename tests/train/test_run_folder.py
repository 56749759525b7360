"""A run's folder: what is written comes back, and an interruption leaves a whole state."""

import json
from pathlib import Path

import pytest
import torch

from mp3tomidi.train import run_folder
from mp3tomidi.train.recipe import NoteRecipe, RecipeError
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.transcribe.errors import OutputError


def test_the_recipe_comes_back(tmp_path: Path, tiny_recipe: NoteRecipe) -> None:
    RunFolder(tmp_path / "a" / "b").write_recipe(tiny_recipe)
    assert RunFolder(tmp_path / "a" / "b").read_recipe() == tiny_recipe


def test_log_rows_are_lines_of_json_and_tensorboard_events(tmp_path: Path, tiny_recipe: NoteRecipe) -> None:
    folder = RunFolder(tmp_path)
    folder.write_recipe(tiny_recipe)
    folder.log({"step": 50, "loss": 0.51234567})
    folder.log({"step": 100, "loss": 0.25})
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert rows == [{"step": 50, "loss": 0.512346}, {"step": 100, "loss": 0.25}]
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [
        (50, pytest.approx(0.51234567)),
        (100, 0.25),
    ]


def test_the_state_comes_back_and_a_failed_save_leaves_the_old_one(
    tmp_path: Path, tiny_recipe: NoteRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path)
    folder.write_recipe(tiny_recipe)
    folder.save({"net": {"w": torch.arange(3.0)}, "cool_down": (5, 2)})
    assert folder.load()["net"]["w"].tolist() == [0.0, 1.0, 2.0]
    assert tuple(folder.load()["cool_down"]) == (5, 2)

    def break_off(state: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(run_folder.torch, "save", break_off)
    with pytest.raises(KeyboardInterrupt):
        folder.save({"net": {}})
    assert folder.load()["net"]["w"].tolist() == [0.0, 1.0, 2.0]


def test_reading_from_a_folder_without_a_run_is_one_line_and_makes_nothing(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "misspelt")
    for read in (folder.read_recipe, folder.load):
        with pytest.raises(RecipeError, match="misspelt: no run to resume here"):
            read()
    assert not (tmp_path / "misspelt").exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, tiny_recipe: NoteRecipe) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file/run: cannot be a run's folder"):
        RunFolder(tmp_path / "file" / "run").write_recipe(tiny_recipe)
