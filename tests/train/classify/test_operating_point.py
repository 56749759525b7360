"""Where the operating point of classes that may all hold at once is placed."""

import numpy as np
import pytest
import torch

from mp3tomidi.train.classify.operating_point import best_f1_threshold, place_at_best_f1
from mp3tomidi.train.classify.recipe import load_classifier_recipe
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.transcribe.networks.fcn4 import Fcn4Settings
from mp3tomidi.transcribe.networks.sample_cnn_settings import SampleCnnSettings
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier, SegmentNetSettings


def test_a_threshold_that_parts_both_is_found_wherever_it_lies():
    rng = np.random.default_rng(1)
    there = rng.random(1000) < 0.2
    logits = (-4.0 + 2.0 * there + rng.uniform(-0.5, 0.5, 1000)).astype(np.float32)  # there: from -2.5 on
    assert -3.55 < best_f1_threshold(logits, there) < -2.45
    assert best_f1_threshold(logits, np.zeros(1000, np.bool_)) == 0.0


def test_a_rare_class_that_is_hardly_told_is_said_to_be_there_where_f1_is_best():
    rng = np.random.default_rng(2)
    there = rng.random(20_000) < 0.1
    logits = (rng.standard_normal(20_000) + 1.5 * there - 5.0).astype(np.float32)
    tried = np.linspace(-7.0, -2.0, 501)
    f1 = [2 * (there & (logits >= h)).sum() / ((logits >= h).sum() + there.sum()) for h in tried]
    found = best_f1_threshold(logits, there)
    assert 2 * (there & (logits >= found)).sum() / ((logits >= found).sum() + there.sum()) > max(f1) - 0.005


@pytest.mark.parametrize("kind", ["sample_cnn", "fcn4", "genre_net"])
def test_afterwards_the_threshold_is_at_one_half(kind):
    torch.manual_seed(1)
    small = SampleCnnSettings(first_samples=3, first_channels=4, channels=(4, 4, 6))
    narrow = Fcn4Settings(channels=(2, 2, 2, 4))
    settings = SegmentNetSettings(kind, sample_cnn=small, fcn4=narrow).for_classes(2)
    net = SegmentClassifier(settings).eval()
    sound = torch.randn(12, settings.segment_samples)
    with torch.no_grad():
        before = net(sound)
    there = before > before.median(dim=0).values
    shifts = place_at_best_f1(net, [(sound[:6], there[:6].float()), (sound[6:], there[6:].float())])
    with torch.no_grad():
        after = net(sound)
    assert torch.allclose(after - before, torch.tensor(shifts), atol=1e-4)
    for column in range(2):
        assert best_f1_threshold(after[:, column].numpy(), there[:, column].numpy()) == pytest.approx(0.0, abs=1e-4)


def test_classes_that_exclude_each_other_have_no_such_point():
    with pytest.raises(RecipeError, match="best_f1_at_half"):
        load_classifier_recipe("genre", ["training.best_f1_at_half=true"])
    with pytest.raises(RecipeError, match="average_decay"):
        load_classifier_recipe("effects", ["training.average_decay=1.0"])
