from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.beats import find_beats
from mp3tomidi.transcribe.rhythm.tempo_map import LEAST_GAIN, straightened


def beat_times(beats_per_minute: Callable[[float], float], first_s: float, end_s: float) -> NDArray[np.float64]:
    times_s = [first_s]
    while times_s[-1] < end_s:
        times_s.append(times_s[-1] + 60.0 / beats_per_minute(times_s[-1]))
    return np.array(times_s[:-1])


def clicks(times_s: NDArray[np.float64]) -> list[Note]:
    return [Note(time_s, time_s + 0.05, 76, 80) for time_s in times_s]


def song(times_s: NDArray[np.float64], beats_per_bar: int = 4) -> list[Note]:
    """A bass on every beat, a long chord at the start of each bar, and eighths; a third of the notes left out."""
    rng = np.random.default_rng(7)
    at = np.interp(np.arange(0, len(times_s) - 1, 0.5), np.arange(len(times_s)), times_s)
    beat_s = np.repeat(np.diff(times_s), 2)
    notes = []
    for eighth, (time_s, length_s) in enumerate(zip(at, beat_s, strict=True)):
        pitches = [(72 + eighth % 5, 0.4)]
        if eighth % 2 == 0:
            pitches.append((40, 0.8))
        if eighth % (2 * beats_per_bar) == 0:
            pitches += [(pitch, beats_per_bar - 0.2) for pitch in (55, 60, 64)]
        for pitch, beats in pitches:
            onset_s = max(0.0, time_s + rng.normal(0.0, 0.01))
            if rng.random() < 0.7:
                notes.append(Note(onset_s, onset_s + beats * length_s, pitch, 80))
    return sorted(notes)


def share_found(times_s: NDArray[np.float64], found_s: NDArray[np.float64]) -> float:
    """F1 of beats after the first second, within 70 ms."""
    wanted, got = times_s[times_s >= 1.0], found_s[found_s >= 1.0]
    hits = sum(np.abs(got - time_s).min() < 0.07 for time_s in wanted)
    return 2 * hits / (len(wanted) + len(got))


@pytest.mark.parametrize("beats_per_minute", [72.0, 96.0, 120.0, 133.0])
def test_the_clicks_of_a_metronome_are_the_beats(beats_per_minute: float) -> None:
    times_s = beat_times(lambda _: beats_per_minute, 0.3, 60.0)
    beats = find_beats(clicks(times_s), (), 60.0)
    assert beats is not None
    assert share_found(times_s, beats.times_s) == 1.0
    line, knots = straightened(beats.times_s)
    assert len(knots) == 2
    assert 60.0 / np.diff(line) == pytest.approx(beats_per_minute, rel=0.002)
    assert np.abs(line[1 : len(times_s)] - times_s[-len(line) + 1 :][: len(line) - 1]).max() < 0.01


@pytest.mark.parametrize("beats_per_minute", [64.0, 80.0, 108.0, 144.0])
def test_even_notes_of_a_tune_are_the_beats_however_hard_each_is_struck(beats_per_minute: float) -> None:
    rng = np.random.default_rng(1)
    times_s = beat_times(lambda _: beats_per_minute, 0.5, 24.0)
    played_s = times_s + rng.normal(0.0, 0.012, len(times_s))
    tune = [
        Note(time_s, time_s + 54.0 / beats_per_minute, int(rng.integers(60, 84)), int(rng.integers(60, 100)))
        for time_s in played_s
    ]
    beats = find_beats(tune, (), 24.0)
    assert beats is not None
    assert np.median(np.diff(beats.times_s)) == pytest.approx(60.0 / beats_per_minute, rel=0.02)


@pytest.mark.parametrize("beats_per_minute", [80.0, 103.7, 128.0])
@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_beats_and_bars_of_a_song(beats_per_minute: float, beats_per_bar: int) -> None:
    times_s = beat_times(lambda _: beats_per_minute, 0.2, 50.0)
    beats = find_beats(song(times_s, beats_per_bar), (), 50.0)
    assert beats is not None
    assert share_found(times_s, beats.times_s) > 0.98
    assert beats.metre.signature == f"{beats_per_bar}/4"
    bars_s = beats.times_s[beats.first_downbeat :: beats_per_bar]
    assert share_found(times_s[::beats_per_bar], bars_s) > 0.95


def test_a_sudden_change_of_tempo_is_followed() -> None:
    times_s = beat_times(lambda time_s: 90.0 if time_s < 30.0 else 130.0, 0.2, 60.0)
    beats = find_beats(song(times_s), (), 60.0)
    assert beats is not None
    assert share_found(times_s, beats.times_s) > 0.9


def test_a_ritardando_is_followed() -> None:
    times_s = beat_times(lambda time_s: 120.0 - 50.0 * max(0.0, (time_s - 20.0) / 40.0), 0.2, 60.0)
    beats = find_beats(song(times_s), (), 60.0)
    assert beats is not None
    assert share_found(times_s, beats.times_s) > 0.95


def test_drums_alone_have_a_beat_and_a_bar() -> None:
    times_s = beat_times(lambda _: 100.0, 0.4, 40.0)
    hits = [DrumHit(time_s, 36 if beat % 2 == 0 else 38, 90) for beat, time_s in enumerate(times_s)]
    hits += [DrumHit(time_s + shift_s, 42, 60) for time_s in times_s for shift_s in (0.0, 0.3) if time_s < 39.0]
    beats = find_beats((), sorted(hits), 40.0)
    assert beats is not None
    assert share_found(times_s, beats.times_s) > 0.98
    assert beats.metre.signature == "4/4"
    # Kicks on the first and third.
    downbeats_s = beats.times_s[beats.first_downbeat :: 2]
    assert share_found(times_s[::2], downbeats_s) > 0.95


@pytest.mark.parametrize("count", [0, 1, 7])
def test_too_few_notes_have_no_beat(count: int) -> None:
    assert find_beats(clicks(0.5 * np.arange(count)), (), 10.0) is None


def test_notes_at_random_have_hardly_a_beat() -> None:
    rng = np.random.default_rng(0)
    beats = find_beats(clicks(np.sort(rng.uniform(0.0, 120.0, 600))), (), 120.0)
    assert beats is None or beats.gain < LEAST_GAIN


def test_beats_reach_through_silence_to_both_ends() -> None:
    times_s = beat_times(lambda _: 100.0, 20.0, 40.0)
    beats = find_beats(song(times_s), (), 60.0)
    assert beats is not None
    assert beats.times_s[0] < 0.6
    assert beats.times_s[-1] > 59.4
    assert np.diff(beats.times_s) == pytest.approx(0.6, rel=0.1)


def test_beats_reach_through_minutes_of_silence() -> None:
    """As before a hidden track: more than all that is looked at at once."""
    times_s = beat_times(lambda _: 100.0, 20.0, 40.0)
    late_s = times_s + 240.0
    beats = find_beats(song(np.concatenate([times_s, late_s])), (), 300.0)
    assert beats is not None
    for part_s in (times_s, late_s):
        inside = beats.times_s[(beats.times_s > part_s[0] - 0.3) & (beats.times_s < part_s[-1] + 0.3)]
        assert share_found(part_s, inside) > 0.95


@pytest.mark.parametrize("beats_per_minute", [80.0, 150.0])
@pytest.mark.parametrize("first_s", [0.3, 90.0])
def test_minutes_of_silence_keep_the_tempo_of_the_music_beside_them(beats_per_minute: float, first_s: float) -> None:
    times_s = beat_times(lambda _: beats_per_minute, first_s, first_s + 30.0)
    beats = find_beats(song(times_s), (), 120.0)
    assert beats is not None
    per_beat = np.diff(beats.times_s) * beats_per_minute / 60.0
    assert per_beat == pytest.approx(round(np.median(per_beat)), rel=0.1)
    assert np.median(per_beat) < 2.1  # half the tempo is a tempo, too


def test_ten_thousand_notes_take_a_second_or_so() -> None:
    rng = np.random.default_rng(1)
    times_s = beat_times(lambda _: 120.0, 0.1, 600.0)
    sixteenths_s = np.interp(np.arange(0, len(times_s) - 1, 0.12), np.arange(len(times_s)), times_s)
    notes = clicks(np.sort(np.abs(sixteenths_s + rng.normal(0.0, 0.01, len(sixteenths_s)))))[:10_000]
    assert len(notes) > 9_900
    started_s = time.process_time()
    assert find_beats(notes, (), 600.0) is not None
    assert time.process_time() - started_s < 5.0
