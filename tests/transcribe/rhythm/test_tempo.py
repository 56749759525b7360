from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import MetreChange, Note, TempoChange, Transcription
from mp3tomidi.transcribe.outputs import midi
from mp3tomidi.transcribe.outputs.midi import TICKS_PER_BEAT, Clock
from mp3tomidi.transcribe.rhythm.beats import Beats
from mp3tomidi.transcribe.rhythm.tempo import TOLERANCE_S, straightened, tempo_map, with_tempo


def steady(beats_per_minute: float, first_s: float, count: int) -> NDArray[np.float64]:
    return first_s + np.arange(count) * 60.0 / beats_per_minute


def beats(times_s: NDArray[np.float64], beats_per_bar: int = 4, first_downbeat: int = 0) -> Beats:
    return Beats(times_s, beats_per_bar, first_downbeat, gain=1.0)


def ticks_off(tempo: tuple[TempoChange, ...], times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how many ticks each time misses the nearest beat of the file."""
    ticks = np.array([Clock(tempo).tick(time_s) for time_s in times_s])
    return np.abs((ticks + TICKS_PER_BEAT // 2) % TICKS_PER_BEAT - TICKS_PER_BEAT // 2)


@pytest.mark.parametrize("beats_per_minute", [40.0, 96.0, 123.4567, 240.0])
def test_a_steady_recording_that_begins_on_a_beat_has_one_tempo(beats_per_minute: float) -> None:
    times_s = steady(beats_per_minute, 0.0, 500)
    tempo, metre = tempo_map(beats(times_s))
    (only,) = tempo
    assert only.time_s == 0.0
    assert only.beats_per_minute == pytest.approx(beats_per_minute, rel=2e-6)  # a microsecond a beat
    assert metre == (MetreChange(0.0, 4),)


def test_beats_heard_inexactly_still_have_one_tempo() -> None:
    rng = np.random.default_rng(0)
    times_s = steady(96.0, 0.0, 200) + np.concatenate([[0.0], rng.normal(0.0, 0.012, 199)])
    times_s[[20, 90]] += 0.03
    (only,), _ = tempo_map(beats(times_s))
    assert only.beats_per_minute == pytest.approx(96.0, rel=0.001)


def test_beats_stay_on_their_ticks_for_hours() -> None:
    times_s = steady(123.4567, 0.321, 40_000)
    tempo, _ = tempo_map(beats(times_s))
    assert len(tempo) == 2
    clock = Clock(tempo)
    # At most half a microsecond a beat between what is heard and what a file can say.
    assert np.abs([clock.time_s(960 * (k + 1)) - times_s[k] for k in range(0, 40_000, 1000)]).max() < 0.021


@pytest.mark.parametrize("first_s", [0.0, 0.004, 0.05, 0.099, 0.101, 0.2, 0.3, 0.45, 0.4979, 0.4999])
def test_the_beats_are_those_of_the_file_whatever_comes_before_the_first(first_s: float) -> None:
    times_s = steady(120.0, first_s, 100)
    tempo, metre = tempo_map(beats(times_s, first_downbeat=2))
    assert ticks_off(tempo, times_s[1:]).max() <= 10 * (first_s < 0.005 or first_s > 0.495) + 1  # ticks are 0.5 ms
    assert len(tempo) == (1 if first_s < 0.005 or first_s > 0.495 else 2)
    assert all(40.0 <= change.beats_per_minute <= 600.0 for change in tempo)
    # Two beats before the first bar, and what comes before them if it is long enough.
    clock = Clock(tempo)
    assert [change.beats_per_bar for change in metre] == [2 if first_s < 0.1 else 3, 4]
    assert clock.tick(metre[1].time_s) == 960 * metre[0].beats_per_bar
    assert metre[1].time_s == pytest.approx(times_s[2], abs=0.006)


def test_a_change_of_tempo_is_followed_with_a_change_of_tempo() -> None:
    times_s = np.concatenate([steady(90.0, 0.4, 60), steady(130.0, 0.4 + 60 * 60 / 90.0, 80)])
    tempo, _ = tempo_map(beats(times_s))
    assert [round(change.beats_per_minute, 1) for change in tempo[1:]] == [90.0, 130.0]
    assert tempo[2].time_s == pytest.approx(40.4, abs=0.001)
    assert ticks_off(tempo, times_s).max() <= 1


def test_a_ritardando_is_followed_in_few_sections() -> None:
    beat_s = np.linspace(0.5, 1.0, 60)  # from 120 to 60 beats a minute
    times_s = np.concatenate([[0.0], np.cumsum(beat_s)])
    tempo, _ = tempo_map(beats(times_s))
    assert 4 <= len(tempo) <= 20
    rates = [change.beats_per_minute for change in tempo]
    assert all(later < earlier for earlier, later in pairwise(rates))
    clock = Clock(tempo)
    heard = np.array([clock.time_s(TICKS_PER_BEAT * k) for k in range(len(times_s))])
    assert np.abs(heard - times_s).max() < TOLERANCE_S + 0.001


def test_rubato_keeps_every_beat_near() -> None:
    rng = np.random.default_rng(1)
    times_s = np.cumsum(0.6 * np.exp(np.cumsum(rng.normal(0.0, 0.04, 300)) * 0.3))
    line, knots = straightened(times_s)
    assert np.abs(line - times_s).max() <= 1.5 * TOLERANCE_S
    assert len(knots) < 150
    assert (np.diff(line) > 0).all()


def played(rng: np.random.Generator, duration_s: float) -> tuple[Note, ...]:
    return tuple(
        Note(onset_s, onset_s + rng.uniform(0.02, 2.0), 21 + index % 88, 64)
        for index, onset_s in enumerate(np.sort(rng.uniform(0.0, duration_s, 400)))
    )


def test_the_times_of_notes_are_the_same_with_and_without_a_map(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    times_s = np.cumsum(rng.uniform(0.4, 0.8, 90))
    tempo, metre = tempo_map(beats(times_s))
    assert len(tempo) > 20
    notes = played(rng, times_s[-1])
    plain = Transcription(notes=notes, duration_s=times_s[-1])
    mapped = Transcription(notes=notes, tempo=tempo, metre=metre, duration_s=times_s[-1])
    longest_tick_s = max(60.0 / change.beats_per_minute for change in tempo) / TICKS_PER_BEAT
    for read in (onsets_by_mido, onsets_by_pretty_midi):
        difference = np.abs(read(mapped, tmp_path) - read(plain, tmp_path))
        assert difference.max() <= (longest_tick_s + 0.5 / TICKS_PER_BEAT) / 2 + 1e-9


def onsets_by_mido(transcription: Transcription, folder: Path) -> NDArray[np.float64]:
    midi.write(transcription, folder / "x.mid")
    now_s, onsets_s = 0.0, []
    for message in mido.MidiFile(folder / "x.mid"):
        now_s += message.time
        if message.type == "note_on" and message.velocity:
            onsets_s.append((now_s, message.note))
    return np.array(sorted(onsets_s, key=lambda onset: onset[::-1]))[:, 0]


def onsets_by_pretty_midi(transcription: Transcription, folder: Path) -> NDArray[np.float64]:
    midi.write(transcription, folder / "x.mid")
    (piano,) = pretty_midi.PrettyMIDI(str(folder / "x.mid")).instruments
    return np.array([note.start for note in sorted(piano.notes, key=lambda note: (note.pitch, note.start))])


@pytest.mark.parametrize(("beats_per_bar", "first_downbeat"), [(4, 0), (4, 3), (3, 1)])
def test_other_readers_see_the_beats_and_the_bars(beats_per_bar: int, first_downbeat: int) -> None:
    times_s = np.concatenate([steady(90.0, 0.3, 30), steady(110.0, 0.3 + 30 * 60 / 90.0, 30)])
    tempo, metre = tempo_map(beats(times_s, beats_per_bar, first_downbeat))
    content = io.BytesIO()
    notes = (Note(0.0, times_s[-1] + 0.4, 60, 64),)
    midi.write(Transcription(notes=notes, tempo=tempo, metre=metre, duration_s=times_s[-1] + 0.4), content)
    content.seek(0)
    read = pretty_midi.PrettyMIDI(content)
    seen_s = read.get_beats()
    assert np.allclose(seen_s[1 : len(times_s) + 1], times_s, atol=0.001)
    bars_s = [bar_s for bar_s in read.get_downbeats() if bar_s > times_s[first_downbeat] - 0.01]
    assert np.allclose(bars_s, times_s[first_downbeat::beats_per_bar][: len(bars_s)], atol=0.001)
    assert len(bars_s) >= len(times_s[first_downbeat::beats_per_bar]) - 1


def test_a_given_tempo_counts_from_the_start_and_knows_no_bars() -> None:
    notes = played(np.random.default_rng(3), 20.0)
    found = with_tempo(Transcription(notes=notes, duration_s=20.0), 96.0)
    assert found == Transcription(notes=notes, tempo=(TempoChange(0.0, 96.0),), duration_s=20.0)


@pytest.mark.parametrize("notes", [(), (Note(1.0, 2.0, 60, 64),), tuple(Note(1.0, 2.0, p, 64) for p in range(40))])
def test_without_a_beat_there_is_no_tempo(notes: tuple[Note, ...]) -> None:
    transcription = Transcription(notes=notes, duration_s=10.0)
    assert with_tempo(transcription) == transcription
