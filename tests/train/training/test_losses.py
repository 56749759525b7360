"""The loss against what it is by hand."""

import math

import numpy as np
import pytest
import torch

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.train.loss_weights import NoteLossWeights
from mp3tomidi.train.training.losses import note_loss
from mp3tomidi.train.training.note_targets import NoteTargets, note_targets
from mp3tomidi.transcribe.networks.settings import OUTPUTS

CELLS = 30 * 88


@pytest.fixture
def targets() -> NoteTargets:
    notes = np.array([(0, 0.2, 0.4, 60, 127, 0), (0, 0.3, 0.5, 67, 32, 0)], NOTE)
    return note_targets(notes, 1, 30, 0.02)


def logits_of(targets: NoteTargets, sure: float) -> torch.Tensor:
    """Logits that say what the targets are, where these are 0 or 1."""
    stacked = torch.stack([getattr(targets, name) for name in OUTPUTS], dim=1)
    return torch.logit(stacked, eps=1 / (1 + math.exp(sure)))


def test_knowing_nothing_costs_log_two_a_cell(targets: NoteTargets) -> None:
    total, parts = note_loss(torch.zeros(1, 4, 30, 88), targets, NoteLossWeights())
    assert parts["frame"] == pytest.approx(math.log(2))
    assert parts["offset"] == pytest.approx(math.log(2))
    # Each of the two onsets is a triangle of area three.
    assert parts["onset"] == pytest.approx(math.log(2) * (1 + 4.0 * 2 * 3 / CELLS), rel=1e-5)
    expected = 3 * ((0.5 - 1.0) ** 2 + (0.5 - 32 / 127) ** 2) / (6 + 1)
    assert parts["velocity"] == pytest.approx(expected, rel=1e-5)
    assert total.item() == pytest.approx(
        4 * parts["onset"] + 2 * parts["frame"] + 2 * parts["offset"] + 2 * parts["velocity"], rel=1e-5
    )


def test_the_truth_is_the_smallest_loss(targets: NoteTargets) -> None:
    best, parts = note_loss(logits_of(targets, 14.0), targets, NoteLossWeights())
    assert parts["frame"] < 1e-5
    assert parts["velocity"] < 1e-6
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        other = logits_of(targets, 14.0) + 0.3 * torch.randn(1, 4, 30, 88, generator=generator)
        assert note_loss(other, targets, NoteLossWeights())[0] > best


def test_velocity_counts_only_where_a_note_begins(targets: NoteTargets) -> None:
    logits = logits_of(targets, 10.0)
    changed = logits.clone()
    changed[:, OUTPUTS.index("velocity")] += 5.0 * (1 - targets.velocity_mask)
    assert note_loss(changed, targets, NoteLossWeights())[1] == note_loss(logits, targets, NoteLossWeights())[1]


def test_a_missed_onset_costs_more_than_a_false_one(targets: NoteTargets) -> None:
    logits = logits_of(targets, 6.0)
    missed, false = logits.clone(), logits.clone()
    onset = OUTPUTS.index("onset")
    missed[0, onset, 10, 60 - 21] *= -1
    false[0, onset, 10, 40] *= -1
    cost = [note_loss(changed, targets, NoteLossWeights())[1]["onset"] for changed in (missed, false, logits)]
    assert (cost[0] - cost[2]) == pytest.approx(5 * (cost[1] - cost[2]), rel=0.02)


def test_a_weight_of_zero_leaves_a_part_out(targets: NoteTargets) -> None:
    logits = torch.zeros(1, 4, 30, 88, requires_grad=True)
    total, _ = note_loss(logits, targets, NoteLossWeights(onset=0, offset=0, velocity=0))
    total.backward()
    assert logits.grad is not None
    moved = logits.grad.abs().amax(dim=(0, 2, 3)) > 0
    assert moved.tolist() == [name == "frame" for name in OUTPUTS]


def test_rolls_of_families_count_where_the_network_has_them(targets: NoteTargets) -> None:
    plain = logits_of(targets, 14.0)
    rolls = torch.logit(targets.families, eps=1e-6)
    right, parts = note_loss(torch.cat([plain, rolls], 1), targets, NoteLossWeights())
    assert "families" not in note_loss(plain, targets, NoteLossWeights())[1]
    assert parts["families"] < 1e-4
    wrong, parts = note_loss(torch.cat([plain, rolls.flip(1)], 1), targets, NoteLossWeights())
    assert parts["families"] > 1e-2
    assert (wrong - right).item() == pytest.approx(0.5 * parts["families"], rel=1e-2)
