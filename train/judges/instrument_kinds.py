"""Fits the kinds of a FamilyNet: a linear layer on what the finished network makes of notes; the network itself stays.

Each note is compared with the kinds of its own family only, and the rarer kinds of a family weigh more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from mp3tomidi.train.judges.passages import NO_KIND, Passage
from mp3tomidi.train.recipe import FamilyTraining
from mp3tomidi.transcribe.instruments import FAMILIES, KINDS
from mp3tomidi.transcribe.networks.family_net import FamilyNet

EPOCHS = 4
BATCH_NOTES = 512
LEARNING_RATE = 3e-3  # at its highest
WEIGHT_DECAY = 0.02
NOTES_AT_ONCE = 128  # that look at each other
FEWEST_NOTES = 6  # of a kind in a passage, to be counted in the report
_FAMILY_OF_KIND = torch.tensor([FAMILIES.index(kind.family) for kind in KINDS])
_EXCLUDED = -1e4


def teach_kinds(
    net: FamilyNet, passages: Sequence[Passage], training: FamilyTraining, report: Callable[[str], None]
) -> None:
    """Fits `net.kinds` to the kinds of the passages' notes; the first passages are held out, for the report."""
    torch.manual_seed(training.seed)
    held_out_count = round(len(passages) * training.held_out_share)
    taught = [passage for passage in passages[held_out_count:] if (passage.kind != NO_KIND).any()]
    if not taught:
        report("no notes of known kinds")
        return
    features = torch.cat([_features(net, passage)[passage.kind != NO_KIND] for passage in taught])
    kind = torch.from_numpy(np.concatenate([passage.kind[passage.kind != NO_KIND] for passage in taught]))
    mean, deviation = features.mean(dim=0), features.std(dim=0) + 1e-3
    layer = nn.Linear(features.shape[1], len(KINDS))
    _fit(layer, (features - mean) / deviation, kind)
    with torch.no_grad():
        net.kinds.weight.copy_(layer.weight / deviation)
        net.kinds.bias.copy_(layer.bias - net.kinds.weight @ mean)
    report(_shares_right(net, passages[:held_out_count]))


def _features(net: FamilyNet, passage: Passage) -> Tensor:
    """What `net.kinds` is given of each note [notes, 2 * channels]."""
    features = torch.zeros(len(passage.family), net.kinds.in_features)
    by_time = np.argsort(passage.place[:, 0], kind="stable")
    with torch.inference_mode():
        for first in range(0, len(by_time), NOTES_AT_ONCE):
            part = by_time[first : first + NOTES_AT_ONCE]
            timbre, place = (
                torch.from_numpy(values[part].astype(np.float32))[None] for values in (passage.timbre, passage.place)
            )
            x = net.of_notes(timbre, place)
            features[part] = torch.cat([x, net.attended(x, place)], dim=-1)[0]
    return features


def _fit(layer: nn.Linear, features: Tensor, kind: Tensor) -> None:
    """By cross entropy within each note's family, the rate rising and falling to zero (Smith 2018)."""
    weight = torch.bincount(kind, minlength=len(KINDS)).clamp(min=1) ** -0.5
    optimizer = torch.optim.AdamW(layer.parameters(), weight_decay=WEIGHT_DECAY)
    batches = -(-len(kind) // BATCH_NOTES)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, EPOCHS * batches)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(kind)).tensor_split(batches):
            loss = cross_entropy(_within_family(layer(features[rows]), kind[rows]), kind[rows], weight=weight)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()


def _within_family(logits: Tensor, kind: Tensor) -> Tensor:
    """The logits [notes, KINDS], those of other families than each note's excluded."""
    return torch.where(_FAMILY_OF_KIND[kind][:, None] == _FAMILY_OF_KIND, logits, _EXCLUDED)


def _shares_right(net: FamilyNet, passages: Sequence[Passage]) -> str:
    """How often the notes of a kind in a passage are named rightly together, by kind."""
    played, right = np.zeros(len(KINDS)), np.zeros(len(KINDS))
    for passage in passages:
        logits = net.kinds(_features(net, passage)).detach()
        for kind, count in enumerate(np.bincount(passage.kind[passage.kind != NO_KIND], minlength=len(KINDS))):
            if count >= FEWEST_NOTES:
                of_kind = np.flatnonzero(passage.kind == kind)
                compared = _within_family(logits[of_kind], torch.full((len(of_kind),), kind))
                played[kind] += 1
                right[kind] += int(compared.log_softmax(dim=-1).mean(dim=0).argmax()) == kind
    shares: NDArray[np.float64] = right / np.maximum(played, 1)
    return "kinds right: " + ", ".join(
        f"{kind.name} {100 * share:.0f} % of {count:.0f}"
        for kind, share, count in zip(KINDS, shares, played, strict=True)
    )
