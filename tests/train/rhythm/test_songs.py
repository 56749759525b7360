from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.train.rhythm.clicks import clicks
from mp3tomidi.train.rhythm.metres import SONG_METRES
from mp3tomidi.train.rhythm.songs import compose
from mp3tomidi.train.rhythm.transcription_errors import as_transcribed


def test_metres_have_shares_that_add_up_to_one() -> None:
    assert sum(share.share for _, share in SONG_METRES) == pytest.approx(1.0)


def test_a_seed_is_a_song() -> None:
    first, again, other = (compose(np.random.default_rng([seed, 0])) for seed in (5, 5, 6))
    assert first.notes == again.notes
    assert first.drum_hits == again.drum_hits
    assert first.notes != other.notes


@pytest.mark.parametrize("seed", range(12))
def test_what_is_played_lies_on_divisions_of_the_beats(seed: int) -> None:
    song = compose(np.random.default_rng([7, seed]))
    times_s = np.array([event.onset_s for event in (*song.notes, *song.drum_hits)])
    position = np.interp(times_s, song.beats_s, np.arange(len(song.beats_s)))[times_s < song.beats_s[-1]]
    if not song.metre.swung:  # sixteenths and triplets
        assert np.abs(position * 12 - np.rint(position * 12)).max() < 1e-6
    assert song.beats_s[-1] < song.duration_s
    assert 0 <= song.first_downbeat < song.metre.beats
    if song.to_a_click:
        assert 60.0 / np.diff(song.beats_s) == pytest.approx(song.beats_per_minute)


def test_a_transcriber_misses_adds_and_is_late() -> None:
    song = compose(np.random.default_rng([7, 3]))
    notes, hits = as_transcribed(np.random.default_rng(1), song.notes, song.drum_hits, song.duration_s)
    assert notes == tuple(sorted(notes))
    assert hits == tuple(sorted(hits))
    played_s = np.array([note.onset_s for note in song.notes])
    off_s = np.array([np.abs(played_s - note.onset_s).min() for note in notes])
    assert 0.002 < np.median(off_s) < 0.02
    assert 0.4 * len(song.notes) < len(notes) < 1.2 * len(song.notes)


def test_a_metronome_clicks_on_beats_only() -> None:
    for seed in range(6):
        song = clicks(np.random.default_rng(seed))
        times_s = np.array([event.onset_s for event in (*song.notes, *song.drum_hits)])
        assert np.sort(times_s) == pytest.approx(song.beats_s)
