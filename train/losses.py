"""Loss functions of NoteNet and DrumNet: weighted sums of cross entropies and of a velocity error."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mp3tomidi.train.drum_targets import DrumTargets
from mp3tomidi.train.targets import NoteTargets
from mp3tomidi.transcribe.drum_kit import PIECE_COUNT
from mp3tomidi.transcribe.instruments import FAMILIES
from mp3tomidi.transcribe.networks.settings import DRUM_OUTPUTS, OUTPUTS


@dataclass(frozen=True, slots=True)
class NoteLossWeights:
    """Weights of the parts. Onsets are rare, so a cell with one counts 1 + onset_positive times."""

    onset: float = 4.0
    frame: float = 2.0
    offset: float = 2.0
    velocity: float = 2.0
    families: float = 0.5  # all of them together, where the network has rolls of families
    onset_positive: float = 4.0


@dataclass(frozen=True, slots=True)
class DrumLossWeights:
    """Weights of the parts. Hits are rare, toms and cymbals rarest: a cell with one counts 1 + positive times."""

    onset: float = 10.0
    velocity: float = 5.0
    positive: tuple[float, ...] = (2.0, 2.0, 6.0, 6.0, 2.0, 4.0, 6.0, 4.0)  # by piece, as drum_kit.DRUM_PIECES

    def __post_init__(self) -> None:
        if len(self.positive) != PIECE_COUNT:
            raise ValueError(f"positive must have {PIECE_COUNT} values, one a piece of the kit")


def drum_loss(logits: Tensor, targets: DrumTargets, weights: DrumLossWeights) -> tuple[Tensor, dict[str, float]]:
    """Loss of DrumNet's logits [clip, output, frames, piece], and its unweighted parts by name.

    Binary cross entropy for the onset; mean squared error of the velocity where a piece is hit.
    """
    by_name = dict(zip(DRUM_OUTPUTS, logits.float().unbind(1), strict=True))
    emphasis = 1.0 + torch.tensor(weights.positive, device=logits.device) * targets.onset
    squared = (torch.sigmoid(by_name["velocity"]) - targets.velocity).square() * targets.velocity_mask
    onset = functional.binary_cross_entropy_with_logits(by_name["onset"], targets.onset, weight=emphasis)
    velocity = squared.sum() / (targets.velocity_mask.sum() + 1.0)
    return weights.onset * onset + weights.velocity * velocity, {"onset": onset.item(), "velocity": velocity.item()}


def note_loss(logits: Tensor, targets: NoteTargets, weights: NoteLossWeights) -> tuple[Tensor, dict[str, float]]:
    """Loss of NoteNet's logits [clip, output, frames, 88], and its unweighted parts by name.

    Binary cross entropy for onset, frame and offset; mean squared error of the velocity where a note begins.
    Logits beyond OUTPUTS are rolls of families, with binary cross entropy.
    """
    by_name = dict(zip(OUTPUTS, logits[:, : len(OUTPUTS)].float().unbind(1), strict=True))
    bce = functional.binary_cross_entropy_with_logits
    emphasis = 1.0 + weights.onset_positive * targets.onset
    squared = (torch.sigmoid(by_name["velocity"]) - targets.velocity).square() * targets.velocity_mask
    parts = {
        "onset": bce(by_name["onset"], targets.onset, weight=emphasis),
        "frame": bce(by_name["frame"], targets.frame),
        "offset": bce(by_name["offset"], targets.offset),
        "velocity": squared.sum() / (targets.velocity_mask.sum() + 1.0),
    }
    if logits.shape[1] > len(OUTPUTS):
        parts["families"] = bce(logits[:, len(OUTPUTS) :].float(), targets.families) * len(FAMILIES)
    total = sum((getattr(weights, name) * part for name, part in parts.items()), torch.zeros((), device=logits.device))
    return total, {name: part.item() for name, part in parts.items()}
