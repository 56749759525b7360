import numpy as np
import pytest

from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.notes.features import (
    FEATURE_COUNT,
    FRAME_PITCHES,
    LONGEST_GAP_S,
    ONSET_PITCHES,
    SUMMARY_COUNT,
    TIMES,
    NoteFeatures,
)

HOP_S = 0.02


def silence(frame_count=300):
    return Activations(*np.full((5, frame_count, 88), 0.01, np.float32), HOP_S)


def shown(*peaks):
    """Activations with onset peaks (frame, pitch, height)."""
    activations = silence()
    for frame, pitch, height in peaks:
        activations.onset[frame, pitch] = height
    return activations


def features(activations):
    candidates = find_candidates(activations)
    return candidates, NoteFeatures(activations, candidates).of(slice(None))


def test_candidates_are_sorted_by_pitch_then_time():
    candidates = find_candidates(shown((200, 40, 0.9), (50, 40, 0.8), (120, 10, 0.3), (10, 5, 0.1)))
    assert list(zip(candidates.key, candidates.frame, strict=True)) == [(10, 120), (40, 50), (40, 200)]
    assert candidates.height.tolist() == pytest.approx([0.3, 0.8, 0.9])


def test_each_feature_is_the_cell_that_it_says():
    """Cells hold a number that tells their place; a few are read back at their pitch and time."""
    rng = np.random.default_rng(0)
    activations = silence()
    activations.onset[:], activations.frame[:] = rng.uniform(0.2, 0.8, (2, 300, 88))
    activations.onset[150, 44] = 0.99
    candidates, seen = features(activations)
    row = seen[(candidates.frame == 150) & (candidates.key == 44)][0]
    onset = row[: len(ONSET_PITCHES) * len(TIMES)].reshape(len(ONSET_PITCHES), len(TIMES))
    frame = row[onset.size :][: len(FRAME_PITCHES) * len(TIMES)].reshape(len(FRAME_PITCHES), len(TIMES))

    def odds(p):
        return np.log(p / (1 - p))

    for i, j in [(0, 0), (9, 9), (12, 3), (18, 18)]:
        assert onset[i, j] == pytest.approx(odds(activations.onset[150 + TIMES[j], 44 + ONSET_PITCHES[i]]), abs=3e-3)
    for i, j in [(0, 0), (3, 9), (6, 18)]:
        assert frame[i, j] == pytest.approx(odds(activations.frame[150 + TIMES[j], 44 + FRAME_PITCHES[i]]), abs=3e-3)
    assert row.shape == (FEATURE_COUNT,)


def test_gaps_to_the_neighbours_of_the_same_pitch():
    """Unclear peaks and other pitches do not count; nothing near counts as the longest gap."""
    _, seen = features(shown((50, 40, 0.9), (100, 40, 0.2), (130, 40, 0.9), (90, 41, 0.9)))
    before, after = seen[:, -2:].T
    assert before.tolist() == pytest.approx([LONGEST_GAP_S, 1.0, 1.6, LONGEST_GAP_S])
    assert after.tolist() == pytest.approx([1.6, 0.6, LONGEST_GAP_S, LONGEST_GAP_S])


def test_density_is_onsets_a_second():
    """A clear peak of .8 every 10 frames is 5 a second."""
    _, seen = features(shown(*((frame, 40, 0.8) for frame in range(0, 300, 10))))
    middle = seen[15, -SUMMARY_COUNT:]
    assert np.expm1(middle[4]) == pytest.approx(5.0, rel=0.05)
    assert np.expm1(middle[3]) == pytest.approx(4.0, rel=0.05)


def test_at_the_edges_there_is_silence():
    candidates, seen = features(shown((0, 0, 0.9), (299, 87, 0.9)))
    assert len(candidates) == 2
    assert np.isfinite(seen).all()


def test_no_candidates_no_features():
    _, seen = features(silence())
    assert seen.shape == (0, FEATURE_COUNT)
