"""Writes a run's network as weights that can be shipped, with a card that says what it was trained on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torch import nn

from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.train.recipe import (
    BankChoice,
    BaseRecipe,
    ClipRecipe,
    DataSettings,
    FamilyRecipe,
    JudgeTraining,
    MixRecipe,
    PedalRecipe,
)
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.training.training_specs import training_of
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.clip_spectrogram_net import ClipSpectrogramNet
from mp3tomidi.transcribe.networks.family_net import FamilyNet
from mp3tomidi.transcribe.networks.pedal_net import PedalNet
from mp3tomidi.transcribe.networks.registry import NOTE_JUDGE, NOTE_NET, spec_of
from mp3tomidi.transcribe.notes import velocity

MIDI_CREDITS = [
    ["MIT", "POP909, Ziyu Wang and others, Music X Lab"],
    ["BSD-3-Clause", "Freedoom's music, contributors to the Freedoom project"],
    ["CC BY 4.0", "Groove MIDI Dataset, Google LLC"],
    ["GPL-3.0", "Nottingham database, Eric Foxley and James Allwright"],
]
GROOVES_CREDIT = ["GPL-2+", "grooves of Musical MIDI Accompaniment, Bob van der Poel"]


def network_of(run: RunFolder, *, averaged: bool = True) -> tuple[nn.Module, dict[str, Any]]:
    """The network of a run's last state (its averaged weights, or the last ones), and that state."""
    recipe = run.read_recipe()
    net = training_of(recipe).network.new(recipe.network)
    state = run.load()
    weights = state["net"]
    if averaged:
        prefix = "module."  # AveragedModel keeps the network below this name, and a counter beside it
        weights = {
            name.removeprefix(prefix): value for name, value in state["averaged"].items() if name.startswith(prefix)
        }
    net.load_state_dict(weights)
    return net.eval(), state


def midi_credits(recipe: BaseRecipe) -> list[list[str]]:
    """Licence and maker of each corpus that a recipe's mixes are played from."""
    if not isinstance(recipe.data, DataSettings):
        return []
    return midi_credits_of(recipe.data.mix)


def midi_credits_of(mix: MixSettings) -> list[list[str]]:
    """Licence and maker of each corpus that mixes are played from."""
    return [*MIDI_CREDITS, GROOVES_CREDIT] if mix.groove_share else MIDI_CREDITS


def bank_credits(choices: Sequence[BankChoice], banks: Path) -> set[tuple[str, ...]]:
    """Licence and maker of what is in each chosen bank. Raises LabelsError where the banks say no credits."""
    credits: set[tuple[str, ...]] = set()
    for choice in choices:
        path = banks / choice.name / "manifest.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise LabelsError(f"{path}: cannot be read ({error.strerror}); --banks are those that taught it") from error
        credits |= {tuple(credit) for credit in manifest["credits"]}
    return credits


def _card(about: str, recipe: BaseRecipe, banks: Path | None, datasets: Sequence[Sequence[str]] = ()) -> dict[str, Any]:
    """What the weights are and what taught them: banks, or recordings of data sets (licence, name).

    Raises LabelsError where the banks say no credits.
    """
    if banks is None or datasets:
        credits = {tuple(credit) for credit in datasets}
    else:
        credits = {tuple(credit) for credit in midi_credits(recipe)} | bank_credits(recipe.data.banks, banks)
    return {
        "about": about,
        "licence": "see what taught it" if datasets else "CC0-1.0",
        "date": datetime.now(UTC).date().isoformat(),
        "commit": current_commit(),
        "recipe": json.loads(recipe.to_json()),
        "recipe_sha256": recipe.sha256,
        "taught_by": [{"licence": licence, "attribution": name} for licence, name in sorted(credits)],
    }


def export(run: RunFolder, weights: Path, banks: Path | None, *, averaged: bool) -> None:
    """Writes a run's network and its card to a folder of weights. banks: None of a run that recordings have taught."""
    net, state = network_of(run, averaged=averaged)
    recipe, progress = run.read_recipe(), state["progress"]
    taught = {
        "seed": recipe.training.seed,
        "steps": progress["step"],
        "hours_of_sound": round(progress["sound_s"] / 3600.0, 1),
    }
    spec = spec_of(net)
    card = _card(spec.about, recipe, banks, run.read_credits()) | taught
    _forget(weights, *spec.decided_by)
    checkpoint.save(net, weights, card)


def _forget(weights: Path, *names: str) -> None:
    """Takes away what was taught on another network's candidates."""
    for name in names:
        for file in weights.glob(f"{name}.*"):
            file.unlink()


def export_decider(net: nn.Module, recipe: MixRecipe, weights: Path, banks: Path) -> None:
    """Writes a judge, or what reads velocities, and its card to the folder of weights of its network."""
    checkpoint.save(net, weights, _card(spec_of(net).about, recipe, banks) | _amount_of_training(recipe.judge_training))


def export_families(net: FamilyNet, recipe: FamilyRecipe, weights: Path, banks: Path) -> None:
    """Writes a FamilyNet and its card to the folder of weights of its NoteNet."""
    training = recipe.training
    hours = {"hours_of_sound": round(training.clips * recipe.data.mix.duration_s / 3600.0, 1)}
    checkpoint.save(net, weights, _card(spec_of(net).about, recipe, banks) | {"seed": training.seed} | hours)


def _amount_of_training(training: JudgeTraining) -> dict[str, Any]:
    return {"seed": training.seed, "hours_of_sound": round(training.clips * training.clip_s / 3600.0, 1)}


def export_pedal(net: PedalNet, recipe: PedalRecipe, weights: Path, banks: Path) -> None:
    """Writes the network that detects the pedal, and its card, to the folder of weights of its NoteNet."""
    card = _card(spec_of(net).about, recipe, banks)
    card["taught_by"] = [dict(zip(("licence", "attribution"), MIDI_CREDITS[0], strict=True)), *card["taught_by"]]
    hours = recipe.training.clips * recipe.training.clip_s / 3600.0
    checkpoint.save(net, weights, card | {"seed": recipe.training.seed, "hours_of_sound": round(hours, 1)})


def export_one_shots(net: ClipSpectrogramNet, recipe: ClipRecipe, weights: Path, banks: Path) -> None:
    """Writes the network of one-shots and its card to a folder of weights."""
    training = recipe.training
    card = _card(spec_of(net).about, recipe, banks)
    hours = training.clips * net.settings.clip_samples / net.settings.front_end.sample_rate / 3600.0
    checkpoint.save(net, weights, card | {"seed": training.seed, "hours_of_sound": round(hours, 1)})


def export_velocities(weights_by_name: dict[str, float], recipe: MixRecipe, weights: Path, banks: Path) -> None:
    """Writes what tells velocities to the folder of weights of its network."""
    about = "How hard notes are struck: weights of a straight line through what NoteNet shows of them"
    velocity.write(weights_by_name, weights, _card(about, recipe, banks))


def add_to_cards(weights: Path, found: dict[str, Any], names: Sequence[str] = (NOTE_NET.name, NOTE_JUDGE.name)) -> None:
    """Puts what was found out, such as the scores of an evaluation, into the cards of some networks in a folder."""
    for name in names:
        path = weights / f"{name}.json"
        card = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(card | found, indent=2) + "\n", encoding="utf-8")


def current_commit() -> str:
    """The checkout's commit, empty outside of one."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        result = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except OSError:  # no git
        return ""
    return result.stdout.strip()
