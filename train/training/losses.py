"""Loss functions of NoteNet and DrumNet: weighted sums of cross entropies and of a velocity error."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mp3tomidi.train.loss_weights import DrumLossWeights, NoteLossWeights
from mp3tomidi.train.training.drum_targets import DrumTargets
from mp3tomidi.train.training.note_targets import NoteTargets
from mp3tomidi.transcribe.instruments import FAMILIES
from mp3tomidi.transcribe.networks.settings import DRUM_OUTPUTS, OUTPUTS


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
