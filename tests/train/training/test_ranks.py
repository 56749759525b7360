"""Training in several processes, joined by gloo as torchrun starts them: the same run as in one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.chains.training import training_chain
from mp3tomidi.train.cli import main
from mp3tomidi.train.recipe import NoteRecipe, RecipeError
from mp3tomidi.train.training.loop import new_trainer
from mp3tomidi.train.training.ranks import Ranks
from mp3tomidi.train.training_commands import mixes_for

STEPS = 6
SETTINGS = ("--set", "training.micro_batch_clips=1")  # so that statistics are of single clips, however they are shared


def start(processes: int, *words: str) -> None:
    """`mp3tomidi-train run` with these words, in so many processes, and the outcome of all of them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mp3tomidi.train.cli", "run", *words, "--workers", "0"]
    started = [
        subprocess.Popen(
            command,
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(processes)
    ]
    for process in started:
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said


def logged(run: Path, names: tuple[str, ...] = ("loss", "onset", "frame", "offset", "velocity")) -> np.ndarray:
    """[row, name], means over the steps of a row."""
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return np.array([[row[name] for name in names] for row in rows])


@pytest.fixture(scope="module")
def alone(tiny_recipe_file: Path, tiny_banks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "alone"
    out = ["--out", str(run), "--steps", str(STEPS), "--workers", "0"]
    assert main(["run", str(tiny_recipe_file), "--banks", str(tiny_banks), *out, *SETTINGS]) == 0
    return run


def test_two_processes_and_then_one_make_the_run_of_one(
    alone: Path, tiny_recipe_file: Path, tiny_banks: Path, tmp_path: Path
) -> None:
    run = tmp_path / "shared"
    start(
        2, str(tiny_recipe_file), "--banks", str(tiny_banks), "--out", str(run), "--steps", str(STEPS // 2), *SETTINGS
    )
    assert (run / "state.pt").is_file()
    assert main(["run", "--resume", str(run), "--banks", str(tiny_banks), "--steps", str(STEPS), "--workers", "0"]) == 0
    # Not the weights: biases before batch normalisation have no gradient but rounding, which AdamW enlarges.
    np.testing.assert_allclose(logged(run).mean(axis=0), logged(alone)[0], rtol=1e-4)
    progress = torch.load(run / "state.pt", weights_only=True)["progress"]
    assert progress == torch.load(alone / "state.pt", weights_only=True)["progress"]


def test_ranks_share_a_batch_without_overlap(tiny_recipe: NoteRecipe, tiny_banks: Path) -> None:
    whole = mixes_for(tiny_recipe, tiny_banks, tiny_banks, new_trainer(tiny_recipe, "cpu"))[3]
    chain = training_chain(tiny_recipe.network.front_end.sample_rate, tiny_recipe.data.effects)
    all_sound, all_labels = whole.finished(chain, torch.device("cpu"))
    shares = [Ranks(rank, 2).share(4) for rank in range(2)]
    assert [list(share) for share in shares] == [[0, 1], [2, 3]]
    for share in shares:
        mixes = mixes_for(tiny_recipe, tiny_banks, tiny_banks, new_trainer(tiny_recipe, "cpu"))
        mixes.share = share
        batch = mixes[3]
        np.testing.assert_array_equal(batch.sound, whole.sound[share.start : share.stop])
        sound, labels = batch.finished(chain, torch.device("cpu"))
        torch.testing.assert_close(sound, all_sound[share.start : share.stop], rtol=0, atol=1e-3)
        np.testing.assert_array_equal(labels.notes, all_labels.of_clips(share.start, share.stop).notes)


def test_four_ranks_have_a_quarter_each() -> None:
    assert [list(Ranks(rank, 4).share(8)) for rank in range(4)] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_batches_that_cannot_be_shared_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"--set training.batch_clips=9"):
        Ranks(0, 3).share(8)


def test_one_process_is_alone() -> None:
    net = torch.nn.Linear(1, 1)
    assert Ranks().parallel(net) is net
    assert Ranks().mean({"loss": 2.0}, torch.device("cpu")) == {"loss": 2.0}
    assert Ranks().any(True, torch.device("cpu"))
    assert list(Ranks().share(3)) == [0, 1, 2]
