"""`mp3tomidi-train join`: several FCN-4s of a task as one network, whose logits are the mean of theirs.

Networks that were taught apart, from other seeds or in other sizes, make different mistakes; their mean makes fewer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.train.training.export import current_commit
from mp3tomidi.transcribe.classify.checkpoint import load_classifier, save_classifier
from mp3tomidi.transcribe.classify.task import task_from
from mp3tomidi.transcribe.networks.fcn4 import Fcn4, Fcn4Ensemble
from mp3tomidi.transcribe.networks.registry import SEGMENT_CLASSIFIER
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier
from mp3tomidi.transcribe.networks.weight_files import read_card

_OF_THE_WHOLE = {"format", "network", "settings", "task", "sha256", "licence", "taught_by"}  # not of each member


def join(options: argparse.Namespace) -> None:
    """Write the networks FOLDER/TASK as one; see train/cli.py for the options."""
    names = [SEGMENT_CLASSIFIER.for_task(path.name).name for path in options.networks]
    cards = [read_card(path.parent, name) for path, name in zip(options.networks, names, strict=True)]
    nets = [load_classifier(path.parent, path.name) for path in options.networks]
    if any(card["task"] != cards[0]["task"] for card in cards):
        raise RecipeError("only networks of the same task, with the same classes and segments, can be joined")
    if (options.out / f"{names[0]}.json").exists():
        raise RecipeError(f"{options.out}: holds a network of the task already; name another folder")
    save_classifier(joined(nets), task_from(cards[0]["task"]), options.out, _card_of_all(cards))


def joined(nets: Sequence[SegmentClassifier]) -> SegmentClassifier:
    """One network, ready for use, with the mean of the logits of several. Raises RecipeError for other than FCN-4s."""
    members = [member for net in nets for member in _members(net)]
    rates = {(net.settings.mel_rate, net.settings.segment_samples) for net in nets}
    if len(members) < 2 or len(rates) > 1:
        raise RecipeError("two networks or more that hear the same segments are needed")
    first, *others = (member.settings for member in members)
    one = SegmentClassifier(replace(nets[0].settings, fcn4=first, fcn4_beside=tuple(others)))
    assert isinstance(one.net, Fcn4Ensemble)
    for place, member in zip(one.net.fcn4s(), members, strict=True):
        place.load_state_dict(member.state_dict())
    return one.eval()


def _members(net: SegmentClassifier) -> list[Fcn4]:
    if isinstance(net.net, Fcn4Ensemble):
        return net.net.fcn4s()
    if not isinstance(net.net, Fcn4):
        raise RecipeError(f"a {net.settings.kind} cannot be joined with others, only an fcn4")
    return [net.net]


def _card_of_all(cards: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What taught each, and the credits of all."""
    credits = {json.dumps(credit, sort_keys=True) for card in cards for credit in card.get("taught_by", [])}
    licences = sorted({card["licence"] for card in cards if "licence" in card})
    member_cards = [{key: value for key, value in card.items() if key not in _OF_THE_WHOLE} for card in cards]
    return {
        "about": f"the mean of the logits of {len(cards)} networks; {cards[0]['about']}",
        "date": datetime.now(UTC).date().isoformat(),
        "commit": current_commit(),
        "members": [
            {"sha256": card["sha256"]["safetensors"], **member}
            for card, member in zip(cards, member_cards, strict=True)
        ],
        **({"licence": licences[0]} if len(licences) == 1 else {}),
        "taught_by": [json.loads(credit) for credit in sorted(credits)],
    }
