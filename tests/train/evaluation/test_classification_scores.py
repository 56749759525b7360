import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

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


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draws scores; gives the axes of the matrix and the width and height of the picture in points."""
    figures = []
    monkeypatch.setattr(Figure, "colorbar", lambda figure, _: figures.append(figure))

    def draw(scores):
        scores.draw(tmp_path / "confusion.png")
        assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
        return figures[-1].axes[0], imread(tmp_path / "confusion.png").shape[1::-1]

    return draw


def test_the_picture_shows_of_each_class_what_it_was_predicted_to_be(drawn):
    axes, _ = drawn(scores_of_one())
    (image,) = axes.images
    np.testing.assert_allclose(image.get_array(), [[2 / 3, 1 / 3], [0.0, 1.0]])
    assert image.get_clim() == (0.0, 1.0)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "is")


def test_the_picture_of_classes_that_may_hold_together_has_probabilities_and_room_for_all(drawn):
    many = ClassificationScores(tuple("abcdefghijkl"), "many", np.eye(12, dtype=np.float32), np.full((12, 12), 0.25))
    axes, (width, height) = drawn(many)
    np.testing.assert_allclose(axes.images[0].get_array(), 0.25)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("mean probability of", "where there is")
    _, (narrower, lower) = drawn(scores_of_one())
    assert (width - narrower, height - lower) == pytest.approx((450, 450), abs=1)  # 45 for each of ten
    assert width - height == pytest.approx(100, abs=1)  # for the scale
