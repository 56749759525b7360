"""Activations drawn with known answers: triangles at exact times, as the network is taught to show."""

import numpy as np
import pytest

from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.notes.decoding import decode_notes
from mp3tomidi.transcribe.notes.thresholds import Thresholds

HOP_S = 0.02
HALF_WIDTH_FRAMES = 2


def activations(notes, frame_count=500, peak=0.9):
    """Activations of (onset_s, offset_s, pitch, velocity)."""
    onset, frame, offset, velocity = np.zeros((4, frame_count, 88), np.float32)
    grid = np.arange(frame_count)
    for start_s, stop_s, pitch, loud in notes:
        key = pitch - 21
        for cells, time in ((onset, start_s / HOP_S), (offset, stop_s / HOP_S)):
            cells[:, key] = np.maximum(cells[:, key], peak * np.clip(1 - np.abs(grid - time) / HALF_WIDTH_FRAMES, 0, 1))
        frame[(grid >= start_s / HOP_S) & (grid < stop_s / HOP_S), key] = peak
        velocity[np.abs(grid - start_s / HOP_S) <= 2, key] = loud / 127
    return Activations(onset, frame, offset, velocity, np.full_like(onset, 0.5), HOP_S)


def decoded(shown, thresholds=None):
    """Notes with the peaks' heights as their probabilities."""
    candidates = find_candidates(shown)
    return decode_notes(shown, candidates, candidates.height, thresholds or Thresholds(onset=0.5))


@pytest.mark.parametrize("shift_s", np.linspace(0.0, 0.019, 9))
def test_onsets_are_found_between_frames(shift_s):
    (note,) = decoded(activations([(1.0 + shift_s, 1.5, 60, 80)]))
    assert note.onset_s == pytest.approx(1.0 + shift_s, abs=0.004)
    assert note.offset_s == pytest.approx(1.5, abs=0.004)
    assert (note.pitch, note.velocity) == (60, 75)
    height = 0.9 * (1.0 - abs(np.round((1.0 + shift_s) / HOP_S) - (1.0 + shift_s) / HOP_S) / HALF_WIDTH_FRAMES)
    assert note.confidence == pytest.approx(height)


def test_repeated_notes_stay_apart_and_the_first_ends_where_the_second_begins():
    first, second = decoded(activations([(1.0, 1.1, 60, 80), (1.1, 1.4, 60, 90)]))
    assert first.onset_s == pytest.approx(1.0, abs=0.004)
    assert second.onset_s == pytest.approx(1.1, abs=0.004)
    assert first.offset_s <= second.onset_s + 1e-9


def test_how_hard_a_note_is_struck_is_read_where_it_begins():
    shown = activations([(1.0, 1.5, 60, 80), (1.2, 1.5, 64, 90)])
    asked = []

    def read(heard, frame, pitch):
        asked.extend(zip(frame.tolist(), pitch.tolist(), strict=True))
        assert heard is shown
        return np.array([40, 90])

    candidates = find_candidates(shown)
    notes = decode_notes(shown, candidates, candidates.height, Thresholds(onset=0.5), read)
    assert asked == [(50, 39), (60, 43)]
    assert [(note.pitch, note.velocity) for note in notes] == [(60, 40), (64, 90)]


def test_a_short_dip_does_not_end_a_note_but_a_long_one_does():
    shown = activations([(1.0, 2.0, 60, 80)])
    shown.frame[70, 39] = 0.0
    assert decoded(shown)[0].offset_s == pytest.approx(2.0, abs=0.004)
    shown.frame[70:80, 39] = 0.0
    assert decoded(shown)[0].offset_s == pytest.approx(1.4, abs=0.004)


def test_chords_are_sorted_by_onset_then_pitch():
    notes = decoded(activations([(1.0, 2.0, 67, 80), (1.0, 2.0, 60, 80), (0.5, 0.8, 90, 70)]))
    assert [note.pitch for note in notes] == [90, 60, 67]


def test_what_stays_below_the_threshold_is_no_note():
    shown = activations([(1.0, 2.0, 60, 80)], peak=0.45)
    assert decoded(shown) == []
    assert len(decoded(shown, Thresholds(onset=0.4))) == 1


def test_notes_outside_the_pitches_asked_for_are_left_out():
    shown = activations([(1.0, 2.0, pitch, 80) for pitch in (47, 48, 60, 72, 73)])
    inside = decoded(shown, Thresholds(onset=0.5, min_pitch=48, max_pitch=72))
    assert [note.pitch for note in inside] == [48, 60, 72]
    assert [note.pitch for note in decoded(shown, Thresholds(onset=0.5, max_pitch=48))] == [47, 48]
    assert [note.pitch for note in decoded(shown, Thresholds(onset=0.5, min_pitch=72))] == [72, 73]


def test_notes_outside_the_pitches_asked_for_have_no_say_in_which_are_kept():
    """Beside three sure ones an unsure one would lose; alone it is kept."""
    shown = activations([(start_s, start_s + 0.3, 40, 80) for start_s in (1.0, 2.0, 3.0)] + [(4.0, 4.3, 60, 80)])
    candidates = find_candidates(shown)
    probability = np.where(candidates.key == 60 - 21, 0.4, 0.9)
    assert [note.pitch for note in decode_notes(shown, candidates, probability)] == [40, 40, 40]
    (kept,) = decode_notes(shown, candidates, probability, Thresholds(min_pitch=50))
    assert kept.pitch == 60


def test_notes_that_are_too_short_are_left_out():
    shown = activations([(1.0, 1.1, 60, 80), (2.0, 2.3, 60, 80)])
    assert [round(note.onset_s) for note in decoded(shown, Thresholds(onset=0.5, min_length_s=0.2))] == [2]
    assert len(decoded(shown, Thresholds(onset=0.5, min_length_s=0.09))) == 2


@pytest.mark.parametrize(
    "settings",
    [{"min_pitch": 61, "max_pitch": 60}, {"min_pitch": 109, "max_pitch": 127}, {"min_pitch": 0, "max_pitch": 20}]
    + [{"min_length_s": length} for length in (-0.1, np.nan, np.inf)],
)
def test_settings_that_leave_nothing_are_refused(settings):
    with pytest.raises(ValueError, match=r"is above|keys of a piano|time from 0"):
        Thresholds(**settings)


def test_a_note_that_never_ends_stops_with_the_recording():
    (note,) = decoded(activations([(9.0, 20.0, 60, 80)]))
    assert note.offset_s == pytest.approx(10.0, abs=0.021)


def test_silence_gives_nothing():
    assert decoded(activations([])) == []
    assert decoded(activations([], frame_count=0)) == []


@pytest.mark.parametrize(("doubtful", "count"), [(0.46, 3), (0.47, 4)])
def test_what_is_kept_makes_the_expected_f1_highest(doubtful, count):
    """Beside three sure ones a fourth is kept from 2 (3 + q) / (7 + q) = 6 / (6 + q) on: q = .464."""
    shown = activations([(start_s, start_s + 0.3, 60, 80) for start_s in (1.0, 2.0, 3.0, 4.0)])
    probability = np.array([1.0, 1.0, 1.0, doubtful])
    assert len(decode_notes(shown, find_candidates(shown), probability)) == count
