import numpy as np
import pytest

from mp3tomidi.transcribe.classify.merging import merge, segment_facts

SAID = np.array([[0.6, 0.4], [0.1, 0.9], [0.7, 0.3], [0.0, 1.0]], np.float32)
SILENT = np.array([False, False, False, True])


def test_the_mean_leaves_silence_out():
    assert merge(SAID, SILENT, "mean", "one") == pytest.approx([1.4 / 3, 1.6 / 3])


def test_a_vote_counts_segments():
    assert merge(SAID, SILENT, "vote", "one") == pytest.approx([2 / 3, 1 / 3])
    assert merge(SAID, SILENT, "vote", "many") == pytest.approx([2 / 3, 1 / 3])
    both = np.array([[0.6, 0.6], [0.2, 0.2]], np.float32)
    assert merge(both, np.zeros(2, bool), "vote", "many") == pytest.approx([0.5, 0.5])


def test_of_silence_nothing_is_said_and_other_ways_are_refused():
    assert merge(SAID, np.ones(4, bool), "mean", "one").tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="neither mean nor vote"):
        merge(SAID, SILENT, "attention", "one")


def test_facts_say_level_silence_and_place():
    facts = segment_facts(np.array([-10.0, -35.0, -np.inf]), np.array([False, False, True]))
    assert facts.tolist() == [[1.0, 0.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 1.0]]
