import numpy as np

from mp3tomidi.transcribe.inference.choice import select_for_expected_f1

HOP_S = 0.02
LEAST = 0.165


def kept(probabilities, **time):
    frame = np.arange(len(probabilities)) if not time else np.array(time["frame"])
    return select_for_expected_f1(
        np.array(probabilities), frame, time.get("frame_count", 100), HOP_S, least=LEAST
    ).tolist()


def test_the_choice_is_the_one_of_highest_expected_f1():
    """Found by trying all: .9 and .8 alone give 2 * 1.7 / (2 + 2.3) = .79, with .5 more 2 * 2.2 / (3 + 2.3) = .83."""
    assert kept([0.9, 0.8, 0.5, 0.1]) == [True, True, True, False]


def test_what_is_kept_in_a_band_is_not_kept_in_a_piano():
    """The same .4 is worth keeping among notes that are all uncertain, and not among certain ones."""
    assert kept([0.5, 0.45, 0.4, 0.4, 0.4])[-1]
    assert not kept([0.99, 0.98, 0.97, 0.99, 0.4])[-1]


def test_nothing_is_kept_where_nothing_is_likely():
    assert not any(kept([0.15, 0.1, 0.05]))
    assert kept([0.168]) == [True]
    assert kept([0.162]) == [False]
    assert kept([0.168, 0.168, 0.162, 0.162]) == [True, True, False, False]  # though more would be expected of all
    assert kept([]) == []


def test_in_a_passage_without_a_clear_one_none_is_kept():
    unclear, clear = np.array([0.3, 0.4, 0.3]), np.array([0.3, 0.6, 0.3])
    frame = np.arange(3)
    assert select_for_expected_f1(unclear, frame, 100, HOP_S, least=LEAST).all()
    assert not select_for_expected_f1(unclear, frame, 100, HOP_S, least=LEAST, clearest=0.5).any()
    assert select_for_expected_f1(clear, frame, 100, HOP_S, least=LEAST, clearest=0.5).all()


def test_the_choice_is_made_passage_by_passage():
    """A minute of piano, then one of a band: 6000 frames, in each the last candidate has .4."""
    clear, unclear = [0.99] * 20 + [0.4], [0.45] * 20 + [0.4]
    frames = [*range(0, 2100, 100), *range(3000, 5100, 100)]
    choice = kept(clear + unclear, frame=frames, frame_count=6000)
    assert not choice[20]
    assert choice[41]
