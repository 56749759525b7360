"""Turns a run into weights that can be shipped, with a card that says all that made them."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mp3tomidi.train.recipe import Recipe
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.transcribe.models.checkpoint import save_note_net
from mp3tomidi.transcribe.models.note_net import NoteNet

MIDI_CREDITS = [
    ["MIT", "POP909, Ziyu Wang and others, Music X Lab"],
    ["BSD-3-Clause", "Freedoom's music, contributors to the Freedoom project"],
    ["CC BY 4.0", "Groove MIDI Dataset, Google LLC"],
    ["GPL-3.0", "Nottingham database, Eric Foxley and James Allwright"],
]


def network_of(run: RunFolder, *, averaged: bool = True) -> tuple[NoteNet, dict[str, Any]]:
    """The network of a run's last state (its averaged weights, or the last ones), and that state."""
    net = NoteNet(run.read_recipe().network)
    state = run.load()
    weights = state["net"]
    if averaged:
        prefix = "module."  # AveragedModel keeps the network below this name, and a counter beside it
        weights = {
            name.removeprefix(prefix): value for name, value in state["averaged"].items() if name.startswith(prefix)
        }
    net.load_state_dict(weights)
    return net.eval(), state


def card_of(recipe: Recipe, state: dict[str, Any], banks: Path, scores: dict[str, Any] | None) -> dict[str, Any]:
    """What the weights are and what taught them."""
    credits = {tuple(credit) for credit in MIDI_CREDITS}
    for choice in recipe.data.banks:
        manifest = json.loads((banks / choice.name / "manifest.json").read_text(encoding="utf-8"))
        credits |= {tuple(credit) for credit in manifest["credits"]}
    progress = state["progress"]
    return {
        "about": "NoteNet: onset, frame, offset and velocity of 88 pitches, any instrument",
        "licence": "CC0-1.0",
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "recipe": json.loads(recipe.to_json()),
        "recipe_sha256": recipe.sha256,
        "seed": recipe.training.seed,
        "steps": progress["step"],
        "hours_of_sound": round(progress["sound_s"] / 3600.0, 1),
        "taught_by": [{"licence": licence, "attribution": name} for licence, name in sorted(credits)],
        "scores": scores or {},
    }


def export(run: RunFolder, out: Path, banks: Path, *, averaged: bool, scores: Path | None) -> None:
    """Writes `out` (.safetensors) and its card beside it; `scores` is the JSON of an evaluation of these weights."""
    net, state = network_of(run, averaged=averaged)
    found = json.loads(scores.read_text(encoding="utf-8")) if scores else None
    save_note_net(net, out, card_of(run.read_recipe(), state, banks, found))


def _commit() -> str:
    """The checkout's commit, empty outside of one."""
    result = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return result.stdout.strip()
