from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm import patterns
from mp3tomidi.transcribe.rhythm.patterns import KIND_COUNT, SLOTS, events_of, onset_log_rates


def test_events_are_of_a_kind_by_length_by_what_follows_and_by_chords() -> None:
    single = [(0.0, 0.1), (0.1, 0.1), (0.4, 0.1), (1.0, 2.0)]  # onset and length
    chord = [(3.0, 0.1), (3.01, 0.1), (3.02, 0.1)]
    notes = [Note(onset_s, onset_s + length_s, 60 + number, 80) for number, (onset_s, length_s) in enumerate(single)]
    notes += [Note(onset_s, onset_s + length_s, 70 + number, 80) for number, (onset_s, length_s) in enumerate(chord)]
    hits = [DrumHit(0.05, 36, 90), DrumHit(2.0, 38, 90), DrumHit(4.0, 42, 90)]
    events = events_of(notes, hits)
    assert events.time_s.tolist() == [0.0, 0.05, 0.1, 0.4, 1.0, 2.0, 3.0, 3.01, 3.02, 4.0]
    assert events.kind.tolist() == [0, 8, 1, 2, 3, 9, 6, 6, 6, 10]
    assert events.weight == pytest.approx([1, 1, 1, 1, 1, 1, *3 * [1 / np.sqrt(3)], 1])
    assert events.between(0.1, 2.0) == slice(2, 5)


def test_shares_of_the_places_in_a_bar_are_shares() -> None:
    np.testing.assert_allclose(patterns._SHARES.sum(axis=1), 1.0, atol=1e-9)
    assert patterns._SHARES.shape[1] == len(patterns._PLACES) + 1


def test_rates_are_against_no_beat_at_all() -> None:
    log_rates = onset_log_rates(np.array([0.3, 1.2]))
    assert log_rates.shape == (2, KIND_COUNT, SLOTS)
    assert np.exp(log_rates).mean(axis=2) == pytest.approx(1.0, abs=0.01)


def test_notes_begin_on_beats_and_snares_on_the_second_and_fourth() -> None:
    (log_rates,) = onset_log_rates(np.array([0.5]))
    beats, halfway = log_rates[:, :: SLOTS // 4], log_rates[:, SLOTS // 8 :: SLOTS // 4]
    assert (beats.max(axis=1) > halfway.max(axis=1) - 1e-3).all()
    assert beats[9].argsort()[2:].tolist() in ([1, 3], [3, 1])
    assert log_rates[7].argmax() == 0  # long chords begin bars
