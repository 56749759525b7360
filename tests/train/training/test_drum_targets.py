"""Targets of hits whose cells are computed by hand (a frame is 10 ms), and the loss against what it is by hand."""

import math

import numpy as np
import pytest
import torch

from mp3tomidi.augment.labels import DRUM_HIT
from mp3tomidi.train.loss_weights import DrumLossWeights
from mp3tomidi.train.training.drum_targets import HIT_WIDTH_FRAMES, DrumTargets, drum_targets
from mp3tomidi.train.training.losses import drum_loss
from mp3tomidi.transcribe.inference.activations import between_frames, find_peaks

FRAMES = 60


def targets_of(*rows: tuple[int, float, int, float], clips: int = 1) -> DrumTargets:
    """(clip, time in frames, key, velocity)"""
    hits = [(clip, time * 0.01, key, velocity) for clip, time, key, velocity in rows]
    return drum_targets(np.array(hits, DRUM_HIT), clips, FRAMES, 0.01)


def test_a_hit_stands_in_its_clip_and_piece_only() -> None:
    targets = targets_of((1, 10.0, 38, 64), clips=3)
    for name in ("onset", "velocity", "velocity_mask"):
        cells = np.asarray(getattr(targets, name))
        assert cells.shape == (3, FRAMES, 8)
        assert cells.dtype == np.float32
        only = np.zeros_like(cells)
        only[1, :, 1] = cells[1, :, 1]
        assert cells.any()
        assert (cells == only).all()


@pytest.mark.parametrize("at", [10.0, 10.3, 10.5, 9.6])
def test_a_hit_is_a_gaussian_around_its_exact_time(at: float) -> None:
    cells = np.asarray(targets_of((0, at, 36, 64)).onset)[0, :, 0]
    frames = np.arange(8, 13)
    assert cells[8:13] == pytest.approx(np.exp(-0.5 * ((frames - at) / HIT_WIDTH_FRAMES) ** 2), abs=1e-5)
    assert not cells[:6].any()
    assert not cells[15:].any()


def test_the_time_between_frames_can_be_read_from_the_peak() -> None:
    for at in np.linspace(20, 21, 11):
        cells = np.asarray(targets_of((0, float(at), 36, 64)).onset)[0]
        frame, piece = find_peaks(cells, 0.5)
        assert between_frames(cells, frame, piece) == pytest.approx([at], abs=0.12)  # 1.2 ms


def test_velocity_stands_at_the_hit_and_its_neighbours_the_harder_of_two() -> None:
    targets = targets_of((0, 10.4, 38, 100), (0, 10.4, 40, 30))
    assert np.asarray(targets.velocity)[0, 8:13, 1] == pytest.approx([0, 100 / 127, 100 / 127, 100 / 127, 0])
    assert np.asarray(targets.velocity_mask)[0, 8:13, 1].tolist() == [0, 1, 1, 1, 0]
    assert np.asarray(targets.velocity_mask).sum() == 3


def test_what_is_no_piece_or_outside_of_the_clip_is_left_out() -> None:
    targets = targets_of((0, 10.0, 54, 64), (0, -20.0, 36, 64), (0, 70.0, 36, 64))
    assert not np.asarray(targets.onset).any()
    assert not np.asarray(targets.velocity_mask).any()
    before = np.asarray(targets_of((0, -0.4, 36, 64)).onset)[0, :, 0]
    assert before[0] == pytest.approx(math.exp(-0.5 * (0.4 / HIT_WIDTH_FRAMES) ** 2))
    assert not np.asarray(drum_targets(np.zeros(0, DRUM_HIT), 2, FRAMES, 0.01).onset).any()


def test_knowing_nothing_costs_log_two_a_cell_and_more_where_a_rare_piece_is_hit() -> None:
    weights = DrumLossWeights(onset=3.0, velocity=2.0, positive=(0, 0, 5, 0, 0, 0, 0, 0))
    kick, tom = targets_of((0, 10.0, 36, 127)), targets_of((0, 10.0, 41, 127))
    total, parts = drum_loss(torch.zeros(1, 2, FRAMES, 8), kick, weights)
    assert parts["onset"] == pytest.approx(math.log(2))
    assert parts["velocity"] == pytest.approx(3 * 0.5**2 / (3 + 1))
    assert total.item() == pytest.approx(3.0 * parts["onset"] + 2.0 * parts["velocity"])
    _, rare = drum_loss(torch.zeros(1, 2, FRAMES, 8), tom, weights)
    area = float(tom.onset.sum())
    assert rare["onset"] == pytest.approx(math.log(2) * (1 + 5 * area / (FRAMES * 8)), rel=1e-5)


def test_being_right_costs_least() -> None:
    targets = targets_of((0, 10.0, 36, 100), (0, 20.4, 51, 40))
    logits = torch.stack([torch.logit(value, eps=1e-4) for value in (targets.onset, targets.velocity)], dim=1)
    right, parts = drum_loss(logits, targets, DrumLossWeights())
    assert parts["velocity"] == pytest.approx(0.0, abs=1e-5)
    for wrong in (torch.zeros_like(logits), logits.roll(2, dims=2), logits.roll(1, dims=3)):
        assert drum_loss(wrong, targets, DrumLossWeights())[0] > 2 * right


def test_there_is_one_weight_a_piece() -> None:
    with pytest.raises(ValueError, match="8 values"):
        DrumLossWeights(positive=(1.0,))
