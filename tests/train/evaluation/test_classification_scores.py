import numpy as np
import pytest

from mp3tomidi.train.evaluation.classification_scores import ClassificationScores, area_under_roc


def scores_of_one():
    target = np.eye(2, dtype=np.float32)[[0, 0, 0, 1, 1]]
    told = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6], [0.0, 0.0]], np.float32)  # the last is silent
    return ClassificationScores(("a", "b"), "one", target, told)


def test_figures_of_classes_that_exclude_each_other():
    scores = scores_of_one()
    a, b = scores.of_classes()
    assert scores.accuracy == pytest.approx(3 / 5)
    assert scores.confusion.tolist() == [[2.0, 1.0], [0.0, 1.0]]
    assert (a["precision"], a["recall"], a["recordings"]) == (1.0, pytest.approx(2 / 3), 3)
    assert (b["precision"], b["recall"]) == (0.5, 0.5)
    assert b["f1"] == pytest.approx(0.5)


def test_figures_of_classes_of_which_several_may_hold():
    target = np.array([[1, 1], [1, 0], [0, 1]], np.float32)
    told = np.array([[0.9, 0.4], [0.2, 0.6], [0.1, 0.8]], np.float32)
    scores = ClassificationScores(("a", "b"), "many", target, told)
    a, b = scores.of_classes()
    assert (a["precision"], a["recall"]) == (1.0, 0.5)
    assert (b["precision"], b["recall"]) == (0.5, 0.5)
    assert scores.confusion[0] == pytest.approx([0.55, 0.5])
    assert scores.accuracy == pytest.approx(2 / 3)


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    there = np.array([True, True, False, False, False])
    score = np.array([0.9, 0.4, 0.4, 0.3, 0.8], np.float32)
    pairs = [(p > n) + 0.5 * (p == n) for p in score[there] for n in score[~there]]
    assert area_under_roc(there, score) == pytest.approx(float(np.mean(pairs)))
    assert area_under_roc(np.array([True]), np.array([0.5], np.float32)) is None


def test_the_table_and_the_json_hold_the_same_figures(tmp_path):
    scores = scores_of_one()
    assert "60.0 % with a right likeliest class" in scores.table()
    assert scores.to_json()["accuracy"] == 0.6
    scores.draw(tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
