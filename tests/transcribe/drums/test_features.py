"""What the judge's first look sees, of activations drawn by hand (10 ms a frame)."""

import numpy as np
import pytest

from mp3tomidi.transcribe.drums import features as drum_features
from mp3tomidi.transcribe.drums.candidates import DrumActivations, find_candidates
from mp3tomidi.transcribe.drums.features import FEATURE_COUNT, all_features, log_odds

KICK, SNARE, HAT, RIDE = 0, 1, 4, 7
KIT_FROM, REPEATS_FROM = 24, 60  # where these features begin
NEVER = log_odds(np.zeros(1))[0]


def heard(*hits, duration_s=8.0, dtype=np.float32):
    """(piece, time in s, height)"""
    onset = np.zeros((round(100 * duration_s), 8), dtype)
    for piece, time_s, height in hits:
        onset[round(100 * time_s), piece] = height
    return DrumActivations(onset, onset, onset, onset, onset, 0.01)


def seen(*hits, **options):
    activations = heard(*hits, **options)
    return all_features(activations, find_candidates(activations))


def four_on_the_floor(duration_s=8.0):
    kicks = [(KICK, time_s, 0.9) for time_s in np.arange(0.5, duration_s, 0.5)]
    return kicks + [(HAT, time_s, 0.6) for time_s in np.arange(0.75, duration_s, 0.5)]


def test_a_candidate_is_seen_with_its_piece_its_height_and_what_else_is_hit_there():
    kick, snare = seen((KICK, 1.0, 0.9), (SNARE, 1.02, 0.2))
    assert kick[:8].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert kick[8:16] == pytest.approx([np.log(9), 0, 0, 0, 0, 0, 0, 0])
    assert kick[16:24] == pytest.approx([np.log(9), np.log(1 / 4)] + 6 * [NEVER], rel=1e-5)
    assert snare[8:16] == pytest.approx([0, np.log(1 / 4), 0, 0, 0, 0, 0, 0])


def test_what_the_kit_plays_is_counted_by_the_second():
    kick = seen(*four_on_the_floor())[0]
    assert kick[KIT_FROM] == pytest.approx(np.log(15 / 8.0 + 0.02))  # kicks over .3
    assert kick[KIT_FROM + 4] == pytest.approx(np.log(15 / 8.0 + 0.02))  # hats
    assert kick[KIT_FROM + 8 + 4] == pytest.approx(np.log(0.02))  # none of them over .7
    assert kick[KIT_FROM + 24] == pytest.approx(log_odds(np.array([0.9]))[0], rel=1e-5)  # the clearest kicks
    assert kick[KIT_FROM + 32 : KIT_FROM + 36] == pytest.approx(kick[KIT_FROM : KIT_FROM + 32 : 8])


def test_what_comes_again_is_seen_where_it_does():
    hits = four_on_the_floor()
    activations = heard(*hits, (HAT, 4.1, 0.6))  # the one that is in no grid
    candidates = find_candidates(activations)
    rows = all_features(activations, candidates)[:, REPEATS_FROM:].reshape(-1, 4, 5)
    regular, odd = ((candidates.piece == HAT) & (candidates.frame == frame) for frame in (425, 410))
    half_second = 1
    assert rows[regular][0, half_second, :2] == pytest.approx(2 * [np.log(0.6 / 0.4)], rel=1e-4)
    assert rows[odd][0, half_second, :2] == pytest.approx(2 * [NEVER])
    assert 0.8 < rows[odd][0, half_second, 4] < 1.0  # nearly all comes again after half a second
    early, late = rows[candidates.frame == 50][0], rows[candidates.frame == 775][0]
    assert early[half_second, 0] == pytest.approx(NEVER)  # nothing is heard before the recording
    assert late[half_second, 1] == pytest.approx(NEVER)


def test_a_long_recording_is_seen_in_passages():
    """What is played half a minute away changes nothing."""
    groove = four_on_the_floor(20.0)
    crowd = [(RIDE, time_s, 0.9) for time_s in np.arange(50.0, 60.0, 0.1)]
    alone, beside = seen(*groove, duration_s=60.0), seen(*groove, *crowd, duration_s=60.0)
    assert len(beside) == len(groove) + len(crowd)
    assert np.array_equal(beside[: len(groove)], alone)  # sorted by piece, rides last


@pytest.mark.parametrize("duration_s", [0.05, 0.3, 1.0])
def test_a_recording_may_be_shorter_than_what_is_looked_for(duration_s):
    rows = seen((KICK, 0.02, 0.9), duration_s=duration_s)
    assert rows.shape == (1, FEATURE_COUNT)
    assert np.isfinite(rows).all()


def test_half_precision_is_seen_as_single_is():
    hits = four_on_the_floor()
    assert np.allclose(seen(*hits, dtype=np.float16), seen(*hits), atol=0.02)


def test_there_is_a_feature_for_each_place():
    assert FEATURE_COUNT == REPEATS_FROM + 5 * len(drum_features.REPEATS_S) == seen((KICK, 1.0, 0.9)).shape[1]
