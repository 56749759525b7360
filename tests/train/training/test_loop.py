"""Training: it learns, it stops where it is told to, and goes on as if it had not stopped."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mp3tomidi.train.datasets.rendered import RenderedBatch, RenderedMixes
from mp3tomidi.train.recipe import NoteRecipe
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.training import loop
from mp3tomidi.train.training.learning_rate import CoolDown
from mp3tomidi.train.training.loop import Trainer, new_trainer, train
from mp3tomidi.train.training_commands import mixes_for
from mp3tomidi.transcribe.errors import DeviceError
from mp3tomidi.transcribe.front_end.normalisation import band_level, band_power
from mp3tomidi.transcribe.interruption import interruptions_deferred


@pytest.fixture
def trainer(tiny_recipe: NoteRecipe) -> Trainer:
    return new_trainer(tiny_recipe, "cpu")


@pytest.fixture(scope="module")
def mixes(tiny_recipe: NoteRecipe, tiny_banks: Path) -> RenderedMixes:
    return mixes_for(tiny_recipe, tiny_banks, tiny_banks, new_trainer(tiny_recipe, "cpu"))


@pytest.fixture
def folder(tmp_path: Path, tiny_recipe: NoteRecipe) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.write_recipe(tiny_recipe)
    return made


def rows_of(folder: RunFolder) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder.path / "log.jsonl").read_text().splitlines()]


def tensors(value: Any, name: str = "") -> dict[str, Any]:
    """All that is in a state, flat by name."""
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in tensors(item, f"{name}.{key}").items()}
    if isinstance(value, list | tuple):
        return {k: v for i, item in enumerate(value) for k, v in tensors(item, f"{name}.{i}").items()}
    return {name: value}


def assert_same_state(one: dict[str, Any], other: dict[str, Any]) -> None:
    left, right = tensors(one), tensors(other)
    assert left.keys() == right.keys()
    for name, value in left.items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, right[name]), name
        else:
            assert value == right[name], name


def test_sixty_steps_lower_the_loss(trainer: Trainer, mixes: RenderedMixes) -> None:
    losses = [trainer.step(mixes[step]) for step in range(60)]
    early, late = losses[2:17], losses[-15:]
    for part, most in {"loss": 0.75, "onset": 0.9, "frame": 0.75, "offset": 0.75, "velocity": 0.75}.items():
        assert np.mean([row[part] for row in late]) < most * np.mean([row[part] for row in early]), part
    assert trainer.progress.step == 60
    assert trainer.progress.sound_s == 60 * 4.0
    assert trainer.progress.skipped_steps == 0


def test_going_on_gives_the_same_weights_as_not_stopping(
    tiny_recipe: NoteRecipe, mixes: RenderedMixes, tmp_path: Path, tiny_banks: Path
) -> None:
    whole, first = (new_trainer(tiny_recipe, "cpu") for _ in range(2))
    runs = [RunFolder(tmp_path / name) for name in ("whole", "pieces")]
    for run in runs:
        run.write_recipe(tiny_recipe)
    train(whole, mixes, runs[0], steps=9, workers=0)
    train(first, mixes, runs[1], steps=4, workers=0)
    torch.manual_seed(99)  # nothing may hang on what was drawn before
    for steps in (7, 9):
        resumed = new_trainer(tiny_recipe, "cpu")
        resumed.load(runs[1].load())
        fresh = mixes_for(tiny_recipe, tiny_banks, tiny_banks, resumed)
        train(resumed, fresh, runs[1], steps=steps, workers=1)
    assert resumed.progress.step == 9
    assert_same_state(runs[0].load(), runs[1].load())
    assert_same_state(whole.state(), resumed.state())
    untrained = new_trainer(tiny_recipe, "cpu")
    assert not torch.equal(untrained.net.stem.weight, resumed.net.stem.weight)


@pytest.mark.parametrize("start", [0, 3])
def test_a_cool_down_from_any_state_ends_by_itself_at_rate_zero(
    trainer: Trainer, mixes: RenderedMixes, folder: RunFolder, monkeypatch: pytest.MonkeyPatch, start: int
) -> None:
    monkeypatch.setattr(loop, "LOG_EVERY_STEPS", 1)
    train(trainer, mixes, folder, steps=start, workers=0)
    trainer.cool_down = CoolDown(start, 4)
    train(trainer, mixes, folder, workers=0)
    assert trainer.progress.step == start + 4
    rates = [row["learning_rate"] for row in rows_of(folder)[start:]]
    peaks = [min(1.0, (start + step + 1) / 10) * 0.01 for step in range(4)]
    assert rates == pytest.approx([p * (1 - (s / 4) ** 0.5) for s, p in enumerate(peaks)], abs=1e-6)
    before = [weight.clone() for weight in trainer.net.parameters()]
    trainer.step(mixes[0])  # one more would be at rate zero
    assert all(torch.equal(*pair) for pair in zip(before, trainer.net.parameters(), strict=True))


def test_a_cool_down_that_was_stopped_goes_on_where_it_was(
    tiny_recipe: NoteRecipe, mixes: RenderedMixes, folder: RunFolder
) -> None:
    whole, pieces = (new_trainer(tiny_recipe, "cpu") for _ in range(2))
    for trainer in (whole, pieces):
        trainer.cool_down = CoolDown(0, 4)
    train(whole, mixes, folder, workers=0)
    train(pieces, mixes, folder, steps=2, workers=0)
    resumed = new_trainer(tiny_recipe, "cpu")
    resumed.load(folder.load())
    assert resumed.cool_down == CoolDown(0, 4)
    train(resumed, mixes, folder, workers=0)
    assert_same_state(whole.state(), resumed.state())


def test_clips_are_divided_by_levels_that_are_moved_by_minus_4_to_12_db(trainer: Trainer) -> None:
    settings = trainer.recipe.network.front_end
    amplitude = 0.5 * torch.ones(400, 2, 3, settings.bin_count)
    true = band_level(band_power(amplitude), settings.bins_per_semitone)
    moved_db = 20 * torch.log10(trainer._level(amplitude, 0) / true)
    assert torch.equal(moved_db[:, 0], moved_db[:, 1])  # all views alike
    shift_db, colour_db = moved_db[:, 0].mean(dim=1), moved_db[:, 0].std(dim=1)
    assert shift_db.mean() == pytest.approx(4.0, abs=0.6)
    assert shift_db.std() == pytest.approx((16**2 / 12 + 1.3) ** 0.5, abs=0.4)  # the colour's mean is random, too
    assert 1.5 < colour_db.mean() < 3.0  # 3 dB at eight points, with straight lines between them
    assert torch.equal(trainer._level(amplitude, 0), trainer._level(amplitude, 0))
    trainer.progress.step += 1
    assert not torch.equal(20 * torch.log10(trainer._level(amplitude, 0) / true), moved_db)


def test_the_log_says_how_long_data_was_waited_for(
    trainer: Trainer, mixes: RenderedMixes, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LOG_EVERY_STEPS", 2)
    train(trainer, mixes, folder, steps=5, workers=0)
    rows = rows_of(folder)
    assert [row["step"] for row in rows] == [2, 4, 5]
    waits_s = [row["data_wait_s"] for row in rows]
    assert 0 < waits_s[0] < waits_s[1] < waits_s[2] < rows[-1]["elapsed_s"]
    assert rows[-1]["sound_h"] == pytest.approx(5 * 4 / 3600, abs=1e-6)
    assert {"loss", "onset", "frame", "offset", "velocity", "gradient_norm", "learning_rate"} <= rows[0].keys()
    assert list(folder.path.glob("events.out.tfevents.*"))


def test_it_stops_when_the_minutes_are_over_and_when_there_are_no_steps_left(
    trainer: Trainer, mixes: RenderedMixes, folder: RunFolder
) -> None:
    assert train(trainer, mixes, folder, minutes=0.0, workers=0).step == 0
    assert train(trainer, mixes, folder, steps=0, workers=0).step == 0
    assert folder.load()["progress"]["step"] == 0


def test_a_step_whose_gradient_is_not_finite_changes_nothing_and_is_counted(
    trainer: Trainer, mixes: RenderedMixes
) -> None:
    batch = mixes[0]
    trainer.step(batch)
    before = {name: value.clone() for name, value in trainer.net.state_dict().items()}
    averaged = {name: value.clone() for name, value in trainer.averaged.state_dict().items()}
    broken = RenderedBatch(torch.full_like(batch.sound, float("nan")), batch.labels, batch.drawn)
    trainer.step(broken)
    assert (trainer.progress.step, trainer.progress.skipped_steps) == (2, 1)
    assert all(torch.equal(before[name], value) for name, value in trainer.net.state_dict().items())
    assert all(torch.equal(averaged[name], value) for name, value in trainer.averaged.state_dict().items())
    trainer.step(batch)
    assert all(torch.isfinite(value).all() for value in trainer.net.state_dict().values())


def test_an_interruption_within_a_step_waits_for_its_end_and_the_state_is_saved(
    tiny_recipe: NoteRecipe, mixes: RenderedMixes, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, straight = (new_trainer(tiny_recipe, "cpu") for _ in range(2))
    straight.step(mixes[0])
    straight.step(mixes[1])
    update = trainer.averaged.update_parameters

    def interrupted(net: torch.nn.Module) -> None:
        if trainer.progress.step == 1:  # of the second step, after its update and before it is counted
            os.kill(os.getpid(), signal.SIGINT)
        update(net)

    monkeypatch.setattr(trainer.averaged, "update_parameters", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(trainer, mixes, folder, workers=0)
    assert folder.load()["progress"]["step"] == 2
    assert_same_state(folder.load(), straight.state())


def test_interruptions_are_left_alone_outside_of_the_block_and_in_other_threads() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with interruptions_deferred():
        assert signal.getsignal(signal.SIGINT) is not before[0]
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    reached = []

    def elsewhere() -> None:
        with interruptions_deferred():
            reached.append(True)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert reached == [True]


def test_the_averaged_weights_follow_the_last_ones(trainer: Trainer, mixes: RenderedMixes) -> None:
    decay = trainer.recipe.training.average_decay
    trainer.step(mixes[0])
    first = trainer.net.stem.weight.detach().clone()
    assert torch.equal(trainer.averaged.module.stem.weight, first)
    trainer.step(mixes[1])
    expected = decay * first + (1 - decay) * trainer.net.stem.weight.detach()
    assert torch.allclose(trainer.averaged.module.stem.weight, expected, atol=1e-7)


def test_a_device_that_is_not_there_is_one_line(tiny_recipe: NoteRecipe) -> None:
    with pytest.raises(DeviceError, match="'nowhere' is not there"):
        new_trainer(tiny_recipe, "nowhere")
