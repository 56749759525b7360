"""The folder of a training run: recipe, logs, state and scores."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

from mp3tomidi.train.recipe import BaseRecipe, MixRecipe, RecipeError, from_mapping
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.outputs.files import written_beside

CREDITS = "datasets.json"


class RunFolder:
    """recipe.json, log.jsonl, state.pt and TensorBoard's event files in one folder.

    Nothing is made before the first of them is written, so a misspelt name to read from leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: Any = None

    def write_recipe(self, recipe: BaseRecipe) -> None:
        """Makes the folder too. Raises OutputError where that cannot be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be a run's folder ({error.strerror}); choose another") from error
        (self.path / "recipe.json").write_text(recipe.to_json() + "\n", encoding="utf-8")

    def read_recipe(self) -> MixRecipe:
        """The recipe of a run whose network is trained on mixes. Raises RecipeError."""
        return from_mapping(self.read_settings(), self.path / "recipe.json")

    def read_settings(self) -> dict[str, Any]:
        """The settings of a run's recipe, of whatever kind. Raises RecipeError."""
        file = self.path / "recipe.json"
        if not file.is_file():
            raise RecipeError(f"{self.path}: no run to resume here (recipe.json is missing)")
        settings: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return settings

    def write_credits(self, credits: list[list[str]]) -> None:
        """Licence and name of the data sets whose recordings teach, for the card of the weights."""
        (self.path / CREDITS).write_text(json.dumps(credits) + "\n", encoding="utf-8")

    def read_credits(self) -> list[list[str]]:
        """What `write_credits` has left; nothing where rendered sound teaches."""
        file = self.path / CREDITS
        credits: list[list[str]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
        return credits

    def log(self, row: dict[str, float]) -> None:
        """Adds a row to log.jsonl and its values to TensorBoard, and prints it to standard error."""
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({name: round(value, 6) for name, value in row.items()}) + "\n")
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self.path))
        for name, value in row.items():
            self._writer.add_scalar(name, value, int(row["step"]))
        print(" ".join(f"{name} {value:.4g}" for name, value in row.items()), file=sys.stderr, flush=True)

    def save(self, state: dict[str, Any]) -> None:
        """Replaces state.pt at once, so that an interruption leaves the old or the new one."""
        with written_beside(self.path / "state.pt") as beside:
            torch.save(state, beside)

    def load(self) -> dict[str, Any]:
        file = self.path / "state.pt"
        if not file.is_file():
            raise RecipeError(f"{self.path}: no run to resume here (state.pt is missing)")
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        return state
