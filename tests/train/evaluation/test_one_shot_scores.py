"""Scores of drum samples, from confusions and answers that are given."""

import numpy as np
import pytest

from mp3tomidi.augment.drums.one_shots import Stroke
from mp3tomidi.train.evaluation.one_shot_scores import OneShotScores, measure_one_shots
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES
from mp3tomidi.transcribe.drums.one_shots import OneShot


def test_scores_are_counted_as_they_should_be() -> None:
    names = [drum.name for drum in ONE_SHOT_CLASSES]
    confusion = np.zeros((13, 13), np.int64)
    for is_, heard, count in (
        ("kick", "kick", 6),
        ("low tom", "high tom", 2),  # wrong of 13, right of 5
        ("clap", "snare", 1),  # so is this
        ("crash", "cowbell", 1),  # wrong of both
        ("cowbell", "crash", 5),  # and this is of no class of the five
    ):
        confusion[names.index(is_), names.index(heard)] = count
    scores = OneShotScores(confusion, {"A": 0.9}, 0.5, 1.0)
    assert scores.right == pytest.approx(6 / 15)
    assert scores.right_of_five == pytest.approx(9 / 10)
    assert scores.five.sum() == 10
    assert scores.five[4, 5] == 1
    assert scores.five.shape == (5, 6)  # what is of none of the five has no row
    assert "40.0 % right of 13 classes, 90.0 % of 5 (mean over makers 90.0 %)" in scores.table()
    assert "50 % with a confidence of .8 or more, 100.0 % of these right" in scores.table()


class Sorter:
    """Takes the second for a kick, and the others for what they are."""

    def recognise_sounds(self, sounds: list[np.ndarray]) -> list[OneShot]:
        assert all(sound.dtype == np.float32 for sound in sounds)
        said = (("kick", 0.9), ("kick", 0.8), ("snare", 0.3), ("cowbell", 0.79))
        return [OneShot(ONE_SHOT_CLASSES[index_of(name)], confidence) for name, confidence in said]


def index_of(name: str) -> int:
    return [drum.name for drum in ONE_SHOT_CLASSES].index(name)


def test_every_stroke_counts_once_for_its_class_and_its_maker() -> None:
    labels = (("A/1", "kick"), ("A/1", "snare"), ("B/x", "snare"), ("B/x", "cowbell"))
    strokes = [Stroke(kit, index_of(name), np.zeros(8, np.float16), 0, 1.0) for kit, name in labels]
    scores = measure_one_shots(Sorter(), strokes)  # type: ignore[arg-type]
    assert scores.confusion.sum() == 4
    assert scores.right == 3 / 4
    assert scores.of_makers == {"A": 0.5, "B": 1.0}  # a cowbell is none of the five
    assert (scores.sure_share, scores.sure_right) == (0.5, 0.5)
    card = scores.to_card()
    assert (card["samples"], card["right_of_13"], card["right_of_5"]) == (4, 0.75, round(2 / 3, 4))
    row = next(line for line in scores.table().splitlines() if line.startswith("snare"))
    assert row.split()[1:] == ["1", "1", *["0"] * 11, "0.500"]
