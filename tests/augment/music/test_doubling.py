"""Doubled lines: which notes, how far apart, and what one listener writes down of several players."""

import numpy as np

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.music.doubling import SPREAD_S, UNISON_S, double, merge_unisons


def notes_of(*rows: tuple[float, float, int, float]) -> np.ndarray:
    """(onset_s, offset_s, pitch, velocity)"""
    return np.array([(0, *row, 0) for row in rows], NOTE)


LINE = notes_of(*((0.5 * i, 0.5 * i + 0.4, 60 + step, 80) for i, step in enumerate((0, 2, 4, 5, 7, 9))))


def test_a_doubled_line_has_the_same_notes_in_one_octave_and_at_most_25_ms_later() -> None:
    octaves = set()
    spreads = []
    for seed in range(60):
        doubled = double(np.random.default_rng(seed), LINE, "guitar", 40, 88, 4.0)
        assert len(doubled) == len(LINE)
        apart = doubled["pitch"] - LINE["pitch"]
        assert len(set(apart.tolist())) == 1
        octaves.add(int(apart[0]))
        late_s = doubled["onset_s"] - LINE["onset_s"]
        assert (late_s >= 0).all()
        assert (late_s <= SPREAD_S).all()
        assert np.allclose(doubled["offset_s"] - doubled["onset_s"], 0.4)
        spreads.append(float(late_s.max()))
    assert octaves == {-12, 0, 12}
    assert min(spreads) < 0.005
    assert max(spreads) > 0.015


def test_the_octave_is_one_that_the_instrument_has() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        assert set(double(rng, LINE, "bass", 28, 58, 4.0)["pitch"] - LINE["pitch"]) == {-12}
        piccolo = double(rng, LINE, "winds", 74, 110, 4.0)["pitch"]
        assert set(piccolo % 12) == set(LINE["pitch"] % 12)
        assert piccolo.min() >= 74


def test_an_instrument_of_single_lines_plays_the_top_of_chords_and_a_bass_the_bottom() -> None:
    chords = notes_of(*((t, t + 0.5, pitch, 80) for t in (0.0, 0.6, 1.2) for pitch in (60, 64, 67)))
    for seed in range(10):
        rng = np.random.default_rng(seed)
        assert set(double(rng, chords, "winds", 55, 79, 4.0)["pitch"] % 12) == {67 % 12}
        assert set(double(rng, chords, "bass", 28, 52, 4.0)["pitch"] % 12) == {60 % 12}


def test_nothing_is_doubled_by_nothing() -> None:
    assert not len(double(np.random.default_rng(0), LINE[:0], "piano", 21, 108, 4.0))


def test_a_unison_is_one_note_from_the_first_onset_to_the_last_end_as_loud_as_the_louder() -> None:
    both = notes_of((1.02, 1.5, 60, 90), (1.0, 2.0, 60, 60), (1.0, 1.4, 72, 50))
    assert merge_unisons(both).tolist() == [(0, 1.0, 2.0, 60, 90.0, 0), (0, 1.0, 1.4, 72, 50.0, 0)]
    assert both["onset_s"].tolist() == [1.02, 1.0, 1.0]  # what was given stays


def test_a_later_note_of_the_pitch_strikes_it_anew_until_the_last_end() -> None:
    merged = merge_unisons(notes_of((0.0, 2.0, 60, 80), (0.5, 1.0, 60, 70), (3.0, 3.5, 60, 60)))
    assert merged[["onset_s", "offset_s"]].tolist() == [(0.0, 0.5), (0.5, 2.0), (3.0, 3.5)]


def test_merged_notes_of_a_pitch_never_overlap_and_sound_whenever_one_of_them_did() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        onset_s = rng.uniform(0, 4, 60)
        given = np.zeros(60, NOTE)
        given["onset_s"], given["offset_s"] = onset_s, onset_s + rng.uniform(0.05, 1.5, 60)
        given["pitch"], given["velocity"] = rng.integers(60, 63, 60), 80
        merged = merge_unisons(given)
        for pitch in (60, 61, 62):
            before, after = (notes[notes["pitch"] == pitch] for notes in (given, merged))
            assert (after["onset_s"][1:] >= after["offset_s"][:-1]).all()
            assert np.isin(after["onset_s"], before["onset_s"]).all()
            for time_s in np.arange(0.001, 6.0, 0.01):
                sounded = ((before["onset_s"] <= time_s) & (before["offset_s"] > time_s)).any()
                assert sounded == ((after["onset_s"] <= time_s) & (after["offset_s"] > time_s)).any()
            assert (np.diff(after["onset_s"]) >= UNISON_S).all() or (np.diff(before["onset_s"]) > 0).all()
