"""What the judge's second look sees, of activations and first probabilities given by hand (10 ms a frame)."""

import numpy as np
import pytest

from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates, find_candidates
from mp3tomidi.transcribe.drums.features import NEVER, log_odds
from mp3tomidi.transcribe.drums.second_look_features import CONTEXT_COUNT, context_features

KICK, SNARE, HAT, RIDE = 0, 1, 4, 7
# Where the features begin.
RATES, SURE, TOGETHER, COMPANY, BANDS, AGAINST, COUNT = 9, 17, 25, 33, 47, 111, 175
SHARE_ALONE, OFTEN_WITH = COMPANY + 2, COMPANY + 6


def heard(hits, duration_s=8.0, loudness=None):
    """Activations and candidates of (piece, time in s, height)."""
    onset = np.zeros((round(100 * duration_s), 8), np.float32)
    for piece, time_s, height in hits:
        onset[round(100 * time_s), piece] = height
    bands = np.zeros_like(onset) if loudness is None else loudness
    activations = DrumActivations(onset, onset, bands, bands, bands, 0.01)
    return activations, find_candidates(activations)


def context(hits, first=None, **options):
    activations, candidates = heard(hits, **options)
    return candidates, context_features(activations, candidates, candidates.height if first is None else first)


def at(candidates: DrumCandidates, piece: int, time_s: float) -> int:
    return int(np.flatnonzero((candidates.piece == piece) & (candidates.frame == round(100 * time_s)))[0])


def kicks_and_hats(hat_after_s):
    """Eight bars of kicks, each with a hat so much later."""
    times_s = np.arange(0.5, 7.5, 0.5)
    return [(KICK, t, 0.9) for t in times_s] + [(HAT, t + hat_after_s, 0.5) for t in times_s]


def test_the_first_look_its_piece_and_its_company_at_that_time():
    candidates, seen = context([(KICK, 1.0, 0.9), (SNARE, 1.02, 0.2)])
    kick = seen[at(candidates, KICK, 1.0)]
    assert seen.shape == (2, CONTEXT_COUNT)
    assert kick[0] == pytest.approx(np.log(9), rel=1e-5)
    assert kick[1:9].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert kick[TOGETHER : TOGETHER + 8] == pytest.approx([NEVER, np.log(1 / 4)] + 6 * [NEVER], rel=1e-5)


def test_hits_are_counted_as_likely_as_the_first_look_finds_them():
    hits = [(KICK, t, 0.9) for t in np.arange(0.5, 8.0, 0.5)]
    _, seen = context(hits, first=np.array(5 * [0.9] + 10 * [0.1]))
    assert seen[0, RATES] == pytest.approx(np.log(5.5 / 8 + 0.02), rel=1e-4)
    assert seen[0, SURE] == pytest.approx(np.log(5 / 8 + 0.02), rel=1e-4)
    assert seen[0, SURE + SNARE] == pytest.approx(np.log(0.02), rel=1e-4)


@pytest.mark.parametrize(("hat_after_s", "share", "with_kick"), [(0.0, 0.2 / 7.4, 1.0), (0.25, 7.2 / 7.4, 0.0)])
def test_a_hat_that_comes_with_every_kick_is_told_from_one_that_comes_alone(hat_after_s, share, with_kick):
    candidates, seen = context(kicks_and_hats(hat_after_s))
    hat = seen[at(candidates, HAT, 0.5 + hat_after_s)]
    assert hat[SHARE_ALONE] == pytest.approx(share, rel=1e-4)
    assert hat[OFTEN_WITH + KICK] == pytest.approx(with_kick)


def test_bands_are_compared_with_those_of_the_clear_hits_of_the_piece():
    """Snares rise by 2 in all bands and fall by 1.5; a doubtful one rises by .5."""
    loudness = np.zeros((800, 8), np.float32)
    times_s = np.arange(1.0, 7.0, 1.0)
    for time_s in times_s:
        frame = round(100 * time_s)
        loudness[frame : frame + 3] = 2.0
        loudness[frame + 3 : frame + 20] = 0.5
    loudness[730:732] = 0.5
    hits = [(SNARE, t, 0.95) for t in times_s] + [(SNARE, 7.3, 0.3)]
    candidates, seen = context(hits, loudness=loudness)
    clear, doubtful = seen[at(candidates, SNARE, 3.0)], seen[at(candidates, SNARE, 7.3)]
    assert clear[BANDS : BANDS + 64] == pytest.approx(16 * [2.0] + 32 * [-1.5] + 16 * [2.0])
    assert clear[AGAINST:COUNT] == pytest.approx(np.zeros(64), abs=0.01)
    assert doubtful[AGAINST : AGAINST + 16] == pytest.approx(16 * [-1.5], abs=0.01)
    assert clear[COUNT] == pytest.approx(np.log(6 * 0.65**2), abs=0.01)


def test_a_long_recording_is_seen_in_passages():
    """What is played half a minute away changes nothing."""
    crowd = [(HAT, t, 0.9) for t in np.arange(50.0, 60.0, 0.1)]
    _, alone = context(kicks_and_hats(0.25), duration_s=60.0)
    candidates, beside = context(kicks_and_hats(0.25) + crowd, duration_s=60.0)
    assert np.array_equal(beside[candidates.frame < 2000], alone)


@pytest.mark.parametrize("duration_s", [0.05, 0.3])
def test_a_recording_may_be_shorter_than_what_is_looked_at(duration_s):
    _, seen = context([(KICK, 0.02, 0.9)], duration_s=duration_s)
    assert np.isfinite(seen).all()
    assert context([], duration_s=duration_s)[1].shape == (0, CONTEXT_COUNT)


def test_the_first_column_is_what_the_second_look_starts_from():
    first = np.array([0.2, 0.7])
    _, seen = context([(KICK, 1.0, 0.9), (KICK, 2.0, 0.9)], first=first)
    assert seen[:, 0] == pytest.approx(log_odds(first), rel=1e-5)
