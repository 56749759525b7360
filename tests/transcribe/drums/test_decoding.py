"""Hits decoded from activations drawn by hand: a frame is 10 ms, a hit a Gaussian as DrumNet is taught it."""

import numpy as np
import pytest

from mp3tomidi.transcribe.drum_kit import CLOSED_HAT, CRASH, DRUM_PIECES, HIGH_TOM, LOW_TOM, OPEN_HAT, RIDE
from mp3tomidi.transcribe.drums import decoding
from mp3tomidi.transcribe.drums.candidates import DrumActivations, find_candidates
from mp3tomidi.transcribe.drums.decoding import DrumThresholds, decode_drums

KICK, SNARE = 0, 1


@pytest.fixture(autouse=True)
def heights_of_three_quarters_are_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The heights of the peaks in these tests are taken for probabilities."""
    monkeypatch.setattr(decoding, "CERTAIN", 0.75)


def heard(*hits, frames=200, velocity=0.5):
    """(piece, time in s, height)"""
    onset = np.full((frames, 8), 0.01, np.float32)
    for piece, time_s, height in hits:
        bump = height * np.exp(-0.5 * ((np.arange(frames) - 100 * time_s) / 0.8) ** 2)
        onset[:, piece] = np.maximum(onset[:, piece], bump)
    return DrumActivations(onset, np.full_like(onset, velocity), onset, onset, onset, 0.01)


def judged_by_height(activations, thresholds=None):
    candidates = find_candidates(activations)
    return decode_drums(activations, candidates, candidates.height, thresholds)


def decoded(*hits, **options):
    return judged_by_height(heard(*hits, **options))


@pytest.mark.parametrize("piece", range(8))
def test_a_hit_is_its_piece_at_its_time(piece):
    for time_s in np.linspace(0.5, 0.52, 9):
        (hit,) = decoded((piece, time_s, 0.95))
        assert hit.onset_s == pytest.approx(time_s, abs=0.001)
        assert hit.key == DRUM_PIECES[piece].written_key
        assert hit.confidence == pytest.approx(0.95, abs=0.2)


def test_nothing_gives_nothing():
    assert decoded() == []
    assert judged_by_height(DrumActivations(*np.zeros((5, 0, 8), np.float32), 0.01)) == []


def test_a_flam_of_thirty_milliseconds_is_two_hits():
    for start_s in (0.5, 0.503, 0.507):
        hits = decoded((SNARE, start_s, 0.7), (SNARE, start_s + 0.03, 0.95))
        assert [hit.onset_s for hit in hits] == pytest.approx([start_s, start_s + 0.03], abs=0.003)


def test_the_other_stroke_of_a_flam_is_sure_though_the_judge_doubts_it():
    activations = heard((SNARE, 0.5, 0.7), (SNARE, 0.53, 0.95), (SNARE, 1.0, 0.7))
    candidates = find_candidates(activations)
    flam = decode_drums(activations, candidates, np.array([0.2, 0.9, 0.2]), DrumThresholds(0.5))
    assert [hit.onset_s for hit in flam] == pytest.approx([0.5, 0.53], abs=0.003)  # the one alone is doubted
    assert flam[0].confidence == pytest.approx(0.7, abs=0.05)
    assert decode_drums(activations, candidates, np.array([0.2, 0.4, 0.2]), DrumThresholds(0.5)) == []


def test_a_roll_of_32nds_at_160_is_resolved():
    step_s = 60 / 160 / 8
    times_s = 0.2 + step_s * np.arange(24)
    hits = decoded(*((SNARE, time_s, 0.6 + 0.3 * (i % 2)) for i, time_s in enumerate(times_s)))
    assert [hit.onset_s for hit in hits] == pytest.approx(times_s, abs=0.002)


@pytest.mark.parametrize("dent", [0.62, 0.8, 0.97])
@pytest.mark.parametrize("apart", [3, 4, 6])
def test_one_hit_never_gives_two(dent, apart):
    activations = heard()
    activations.onset[50 : 51 + apart, KICK] = 0.8 * dent
    activations.onset[50, KICK], activations.onset[50 + apart, KICK] = 0.8, 0.9
    (hit,) = judged_by_height(activations)
    assert hit.onset_s == pytest.approx(0.5 + apart * 0.01, abs=0.005)  # the higher peak


def test_of_a_chain_of_ripples_one_stays():
    activations = heard()
    activations.onset[50:63:3, KICK] = [0.8, 0.7, 0.75, 0.7, 0.72]
    for frame in range(50, 62):
        activations.onset[frame, KICK] = max(activations.onset[frame, KICK], 0.55)
    (hit,) = judged_by_height(activations)
    assert hit.onset_s == pytest.approx(0.5, abs=0.006)


def test_hits_of_different_pieces_do_not_hinder_each_other():
    hits = decoded((KICK, 0.5, 0.9), (SNARE, 0.5, 0.8), (RIDE, 0.51, 0.7))
    assert {hit.key for hit in hits} == {36, 38, 51}


@pytest.mark.parametrize("pieces", [(LOW_TOM, HIGH_TOM), (CLOSED_HAT, OPEN_HAT), (CRASH, RIDE), (OPEN_HAT, RIDE)])
@pytest.mark.parametrize("likelier", [0, 1])
def test_of_pieces_that_sound_alike_one_is_struck_at_a_time(pieces, likelier):
    heights = (0.9, 0.6) if likelier == 0 else (0.6, 0.9)
    (hit,) = decoded(*((piece, 0.5 + 0.01 * i, heights[i]) for i, piece in enumerate(pieces)))
    assert hit.key == DRUM_PIECES[pieces[likelier]].written_key
    apart = decoded(*((piece, 0.5 + 0.1 * i, heights[i]) for i, piece in enumerate(pieces)))
    assert [hit.key for hit in apart] == [DRUM_PIECES[piece].written_key for piece in pieces]


def test_hats_may_be_trodden_under_a_ride_and_closed_under_a_crash():
    for cymbal in (RIDE, CRASH):
        hits = decoded((CLOSED_HAT, 0.5, 0.7), (cymbal, 0.5, 0.9))
        assert {hit.key for hit in hits} == {DRUM_PIECES[piece].written_key for piece in (CLOSED_HAT, cymbal)}


def test_which_tom_it_was_may_be_unsure_and_that_it_was_one_sure():
    activations = heard((LOW_TOM, 0.5, 0.5), (HIGH_TOM, 0.5, 0.6), (KICK, 1.0, 0.5), (SNARE, 1.0, 0.6))
    candidates = find_candidates(activations)
    assert candidates.piece.tolist() == [KICK, SNARE, LOW_TOM, HIGH_TOM]
    (hit,) = decode_drums(activations, candidates, np.array([0.3, 0.35, 0.3, 0.45]), DrumThresholds(0.5))
    assert hit.key == DRUM_PIECES[HIGH_TOM].written_key
    assert hit.confidence == pytest.approx(0.75)


def test_a_threshold_takes_the_place_of_the_choice():
    activations = heard((KICK, 0.5, 0.9), (SNARE, 0.6, 0.3))
    assert [hit.key for hit in judged_by_height(activations, DrumThresholds(0.25))] == [36, 38]
    assert [hit.key for hit in judged_by_height(activations, DrumThresholds(0.5))] == [36]
    assert [hit.key for hit in judged_by_height(activations)] == [36]


@pytest.mark.parametrize(("read", "velocity"), [(0.0, 1), (0.5, 64), (1.0, 127)])
def test_velocities_are_midis(read, velocity):
    (hit,) = decoded((KICK, 0.5, 0.9), velocity=read)
    assert hit.velocity == velocity


def test_velocities_are_read_of_all_hits_at_once():
    activations = heard((KICK, 0.5, 0.9), (SNARE, 1.0, 0.9), (KICK, 1.5, 0.01))
    candidates = find_candidates(activations)

    def read(_, frame, piece):
        assert (frame.tolist(), piece.tolist()) == ([50, 100], [KICK, SNARE])
        return np.array([90, 40])

    hits = decode_drums(activations, candidates, candidates.height, DrumThresholds(0.5), read)
    assert [(hit.key, hit.velocity) for hit in hits] == [(36, 90), (38, 40)]


def test_hits_at_the_edges_stay_inside():
    hits = decoded((KICK, 0.0, 0.9), (SNARE, 1.99, 0.9))
    assert [hit.onset_s for hit in hits] == pytest.approx([0.0, 1.99], abs=0.006)


def test_what_is_nowhere_clear_is_no_drum():
    assert decoded((KICK, 0.5, 0.45), (SNARE, 1.0, 0.4)) == []
    assert len(decoded((KICK, 0.5, 0.45), (SNARE, 1.0, 0.4), (KICK, 1.5, 0.8))) == 3


def test_a_sound_like_a_drum_now_and_then_is_no_drummer():
    """One certain hit in twelve seconds is one of five in a minute."""
    assert len(decoded((KICK, 0.5, 0.95), frames=1200)) == 1
    assert decoded((KICK, 0.5, 0.95), frames=1220) == []
    assert decoded((KICK, 0.5, 0.95), *((SNARE, float(time_s), 0.6) for time_s in range(1, 5)), frames=1220) == []
    assert len(judged_by_height(heard((KICK, 0.5, 0.95), frames=1220), DrumThresholds(0.5))) == 1
