"""What is changed of mel levels in training, and what becomes of their classes."""

import numpy as np
import pytest
import torch

from mp3tomidi.train.classify import spectrum_augmentation
from mp3tomidi.train.classify.recipe import load_classifier_recipe
from mp3tomidi.train.classify.spectrum_augmentation import augmented
from mp3tomidi.train.recipe import RecipeError


@pytest.fixture
def nothing(monkeypatch):
    for name in ("MIXED_SHARE", "EQUALISER_BELS", "MOVED_SHARE", "MASKED_SHARE"):
        monkeypatch.setattr(spectrum_augmentation, name, 0.0)
    return monkeypatch


LEVELS = torch.rand(6, 96, 102, generator=torch.Generator().manual_seed(1)) - 2.0
TARGET = torch.eye(6)


def test_shares_of_nothing_change_nothing(nothing):
    seen, target = augmented(LEVELS, TARGET, np.random.default_rng(1))
    assert torch.equal(seen, LEVELS)
    assert torch.equal(target, TARGET)


def test_the_same_seed_gives_the_same_and_what_is_given_is_left_alone():
    before = LEVELS.clone()
    one, other = (augmented(LEVELS, TARGET, np.random.default_rng(7))[0] for _ in range(2))
    assert torch.equal(one, other)
    assert torch.equal(LEVELS, before)
    assert not torch.equal(one, LEVELS)


def test_an_equaliser_is_the_same_at_all_times_and_smooth_over_bands(nothing):
    nothing.setattr(spectrum_augmentation, "EQUALISER_BELS", 0.1)
    change = augmented(LEVELS, TARGET, np.random.default_rng(1))[0] - LEVELS
    assert torch.allclose(change, change[:, :, :1].expand_as(change), atol=1e-5)
    assert change.std() == pytest.approx(0.1, rel=0.5)
    assert change.diff(dim=1).abs().max() < 0.05


def test_of_two_segments_at_once_powers_add_up_and_both_classes_hold(nothing):
    nothing.setattr(spectrum_augmentation, "MIXED_SHARE", 1.0)
    both = 0
    for seed in range(20):
        seen, target = augmented(LEVELS, TARGET, np.random.default_rng(seed))
        assert seen.min() >= LEVELS.min() - 1e-5
        assert seen.max() <= LEVELS.max() + 1e-5
        assert (target.sum(dim=1) >= 1.0).all()
        both += int((target.sum(dim=1) == 2.0).any())
    assert both > 10


def test_masks_hide_bands_and_frames(nothing):
    nothing.setattr(spectrum_augmentation, "MASKED_SHARE", 1.0)
    seen, _ = augmented(LEVELS, TARGET, np.random.default_rng(1))
    for row, before in zip(seen, LEVELS, strict=True):
        changed = row != before
        assert 2 <= int(changed.all(dim=1).sum()) < 10
        assert 1 <= int(changed.all(dim=0).sum()) < 30


def test_other_networks_have_no_mel_levels_to_change():
    with pytest.raises(RecipeError, match="spectrum_augmentation is for an fcn4"):
        load_classifier_recipe("genre", ["training.spectrum_augmentation=true"])
