"""Writes a taught classifier as weights with a card that says what made them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mp3tomidi.train.classify.recipe import ClassifierRecipe
from mp3tomidi.train.training.export import bank_credits, current_commit, midi_credits_of
from mp3tomidi.transcribe.classify.checkpoint import save_classifier, save_pooling
from mp3tomidi.transcribe.networks.attention_pooling import AttentionPooling
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier


def export_classifier(
    net: SegmentClassifier,
    pooling: AttentionPooling | None,
    recipe: ClassifierRecipe,
    weights: Path,
    taught: dict[str, Any],
) -> None:
    """Writes the network, and what pools its segments, to a folder of weights; `taught` goes into both cards."""
    card = {
        "about": f"{recipe.network.kind}: {recipe.task.about}",
        "date": datetime.now(UTC).date().isoformat(),
        "commit": current_commit(),
        "recipe": json.loads(json.dumps(asdict(recipe))),
        "recipe_sha256": recipe.sha256,
        **taught,
    }
    save_classifier(net, recipe.task, weights, card)
    if pooling is not None:
        about = f"AttentionPooling of segments: {recipe.task.about}"
        save_pooling(pooling, recipe.task, weights, card | {"about": about})


def rendered_credits(recipe: ClassifierRecipe, banks: Path) -> dict[str, Any]:
    """Licence of the weights and credits of what taught them, for a network taught on rendered sound.

    Raises LabelsError where the banks say no credits.
    """
    credits = {tuple(credit) for credit in midi_credits_of(recipe.data.mix)} | bank_credits(recipe.data.banks, banks)
    return {
        "licence": "CC0-1.0",
        "taught_by": [{"licence": licence, "attribution": name} for licence, name in sorted(credits)],
    }
