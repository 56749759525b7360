from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import FASTEST_BEATS_PER_MINUTE, MetreChange, Note, TempoChange, Transcription
from mp3tomidi.transcribe.outputs import midi
from mp3tomidi.transcribe.outputs.midi import TICKS_PER_BEAT, Clock
from mp3tomidi.transcribe.rhythm.beats import Beats
from mp3tomidi.transcribe.rhythm.metres import Metre
from mp3tomidi.transcribe.rhythm.tempo_map import TOLERANCE_S, lead_beats, straightened, tempo_map, with_tempo


def steady(beats_per_minute: float, first_s: float, count: int) -> NDArray[np.float64]:
    return first_s + np.arange(count) * 60.0 / beats_per_minute


def beats(times_s: NDArray[np.float64], beats_per_bar: int = 4, first_downbeat: int = 0) -> Beats:
    return Beats(times_s, Metre(beats_per_bar, 4, (beats_per_bar,)), first_downbeat, gain=1.0)


def ticks_off(
    tempo: tuple[TempoChange, ...], metre: tuple[MetreChange, ...], times_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """By how many ticks each time misses the nearest beat of the file, counted from its first bar."""
    clock = Clock(tempo)
    ticks = np.array([clock.tick(time_s) for time_s in times_s]) - clock.tick(metre[0].time_s)
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
    tempo, (bar,) = tempo_map(beats(times_s))
    assert len(tempo) == 3
    clock = Clock(tempo)
    first = clock.tick(bar.time_s)
    # At most half a microsecond a beat between what is heard and what a file can say.
    assert np.abs([clock.time_s(960 * k + first) - times_s[k] for k in range(0, 40_000, 1000)]).max() < 0.021


@pytest.mark.parametrize("first_s", [0.0, 0.004, 0.05, 0.099, 0.101, 0.2, 0.25, 0.3, 0.45, 0.4979, 0.4999])
@pytest.mark.parametrize("upbeats", [0, 2])
def test_bars_begin_where_they_are_heard_whatever_comes_before_the_first(first_s: float, upbeats: int) -> None:
    times_s = steady(120.0, first_s, 100)
    tempo, metre = tempo_map(beats(times_s, first_downbeat=upbeats))
    exact = first_s in (0.0, 0.004, 0.25, 0.4979, 0.4999)
    assert ticks_off(tempo, metre, times_s[1:]).max() <= (10 if exact else 1)  # ticks are 0.5 ms
    assert len(tempo) == (1 if exact else 3)
    assert tempo[-1].beats_per_minute == pytest.approx(120.0, rel=2e-4)
    # What programs take for the tempo of all is the song's, not that of its first beat.
    assert tempo[0].beats_per_minute == pytest.approx(120.0, rel=2e-4)
    (bar,) = metre
    before = Clock(tempo).tick(bar.time_s)
    lead = 0.0 if first_s < 0.0715 else 0.25 if first_s < 0.17 else 0.5 if first_s < 0.35 else 1.0
    assert before == (upbeats + lead) * TICKS_PER_BEAT
    assert bar.time_s == pytest.approx(0.0 if first_s == 0.05 and not upbeats else times_s[upbeats], abs=0.006)


@pytest.mark.parametrize(
    ("beat_quarters", "heard", "written"),
    [
        *((1.0, heard, 0.0) for heard in (0.0, 0.12, 0.142)),
        *((1.0, heard, 0.25) for heard in (0.144, 0.25, 0.35)),
        *((1.0, heard, 0.5) for heard in (0.36, 0.5, 0.7)),
        *((1.0, heard, 1.0) for heard in (0.71, 0.95, 1.4)),
        *((1.0, heard, 2.0) for heard in (1.42, 2.4)),
        (1.0, 7.6, 8.0),
        *(
            (1.5, heard, written / 6)
            for heard, written in ((0.09, 0), (0.1, 1), (0.3, 2), (0.6, 4), (0.9, 6), (1.5, 12))
        ),
        *((0.5, heard, written) for heard, written in ((0.28, 0.0), (0.3, 0.5), (0.6, 0.5), (0.8, 1.0), (2.6, 3.0))),
    ],
)
def test_a_lead_is_a_sixteenth_an_eighth_or_whole_beats(beat_quarters: float, heard: float, written: float) -> None:
    assert lead_beats(heard * 0.5, 0.5, beat_quarters) == pytest.approx(written)


@pytest.mark.parametrize("metre", [Metre(4, 4, (4,)), Metre(3, 4, (3,)), Metre(6, 8, (2,), 3), Metre(7, 8, (2, 2, 3))])
@pytest.mark.parametrize("upbeats", [0, 1])
def test_no_section_before_the_first_beat_is_far_from_the_tempo_of_the_song(metre: Metre, upbeats: int) -> None:
    for lead_s in np.arange(0.0, 2.0, 0.0173):
        tempo, _ = tempo_map(Beats(steady(112.0, lead_s, 60), metre, upbeats, gain=1.0))
        song = 112.0 * metre.beat_quarters
        assert tempo[0].beats_per_minute == pytest.approx(song, rel=0.15 if len(tempo) == 1 else 1e-4)
        assert all(0.69 < change.beats_per_minute / song < 1.85 for change in tempo)
        if len(tempo) > 1:
            assert tempo[-1].beats_per_minute == pytest.approx(song, rel=1e-4)


@pytest.mark.parametrize("beats_per_minute", [140.0, 190.0, 215.0])
def test_no_lead_is_faster_than_a_tempo_may_be(beats_per_minute: float) -> None:
    tempo, _ = tempo_map(beats(steady(beats_per_minute, 0.13 * 60.0 / beats_per_minute, 60)))
    assert max(change.beats_per_minute for change in tempo) <= FASTEST_BEATS_PER_MINUTE


@pytest.mark.parametrize("beats_per_minute", [120.0, 140.0, 174.0, 92.5])
@pytest.mark.parametrize("count", [60, 600])
def test_a_click_has_the_very_tempo_that_it_was_played_at(beats_per_minute: float, count: int) -> None:
    rng = np.random.default_rng(3)
    heard_s = steady(beats_per_minute, 0.5, count) + rng.normal(0.0, 0.008, count)
    tempo, _ = tempo_map(beats(heard_s))
    assert tempo[-1].beats_per_minute == pytest.approx(beats_per_minute, abs=0.01)


@pytest.mark.parametrize(("beats_per_minute", "count"), [(120.05, 480), (119.8, 120), (120.25, 120), (97.31, 60)])
def test_a_tempo_that_is_no_click_is_kept(beats_per_minute: float, count: int) -> None:
    tempo, _ = tempo_map(beats(steady(beats_per_minute, 0.5, count)))
    assert tempo[-1].beats_per_minute == pytest.approx(beats_per_minute, abs=0.01)


@pytest.mark.parametrize("first_s", [-0.011, -0.007, 0.006, 0.018, 0.112, 0.235, 0.265, 0.482, 0.518])
def test_a_click_that_begins_about_on_a_line_has_one_tempo(first_s: float) -> None:
    tempo, _ = tempo_map(beats(steady(120.0, first_s, 80)))
    assert tempo == (TempoChange(0.0, 120.0),)


@pytest.mark.parametrize("first_beat", [1, 2, 9])
def test_silence_before_the_first_event_is_counted_at_about_the_song_s_tempo(first_beat: int) -> None:
    times_s = steady(140.0, 0.0714, 60)  # a sixth of a beat before the first
    first_s = float(times_s[first_beat])
    tempo, (bar,) = tempo_map(beats(times_s, first_downbeat=first_beat % 4), first_s)
    assert max(change.beats_per_minute for change in tempo) < 145.0
    assert ticks_off(tempo, (bar,), times_s[first_beat:]).max() <= 1
    bars = (Clock(tempo).tick(first_s) - Clock(tempo).tick(bar.time_s)) / (4 * TICKS_PER_BEAT)
    assert bars == pytest.approx(round(bars), abs=1e-3)


def test_a_lead_and_upbeats_that_fill_a_bar_are_one() -> None:
    times_s = steady(120.0, 0.49, 20)
    _, metre = tempo_map(beats(times_s, first_downbeat=3))
    assert metre == (MetreChange(0.0, 4),)


def test_a_change_of_tempo_is_followed_with_a_change_of_tempo() -> None:
    times_s = np.concatenate([steady(90.0, 0.4, 60), steady(130.0, 0.4 + 60 * 60 / 90.0, 80)])
    tempo, metre = tempo_map(beats(times_s))
    assert [round(change.beats_per_minute, 1) for change in tempo] == [90.0, 74.7, 90.0, 130.0]
    assert tempo[3].time_s == pytest.approx(40.4, abs=0.001)
    assert ticks_off(tempo, metre, times_s).max() <= 1


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
    seen_s = seen_s[np.argmin(np.abs(seen_s - times_s[first_downbeat])) :]
    assert np.allclose(seen_s[: len(times_s) - first_downbeat], times_s[first_downbeat:], atol=0.001)
    bars_s = [bar_s for bar_s in read.get_downbeats() if bar_s > times_s[first_downbeat] - 0.01]
    assert np.allclose(bars_s, times_s[first_downbeat::beats_per_bar][: len(bars_s)], atol=0.001)
    assert len(bars_s) >= len(times_s[first_downbeat::beats_per_bar]) - 1


def at_a_click(first_s: float, beats_per_bar: int = 4) -> Transcription:
    """A bass on every beat, a long chord on the first of each bar, and eighths, at 96 beats a minute, not exactly."""
    rng = np.random.default_rng(4)
    notes = []
    for eighth in range(100):
        onset_s = first_s + eighth * 30.0 / 96.0
        pitches = [(72 + eighth % 5, 0.25)]
        if eighth % 2 == 0:
            pitches.append((40, 0.5))
        if eighth % (2 * beats_per_bar) == 0:
            pitches += [(pitch, 1.8) for pitch in (55, 60, 64)]
        for pitch, length_s in pitches:
            late_s = max(-onset_s, rng.normal(0.0, 0.008))
            notes.append(Note(onset_s + late_s, onset_s + late_s + length_s, pitch, 80))
    return Transcription(notes=tuple(notes), duration_s=first_s + 33.0)


@pytest.mark.parametrize("first_s", [0.0, 0.1, 0.41, 1.0, 2.2])
@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_where_the_beats_of_a_given_tempo_lie_is_heard(first_s: float, beats_per_bar: int) -> None:
    played = at_a_click(first_s, beats_per_bar)
    found = with_tempo(played, 96.0)
    assert found.notes == played.notes
    assert found.tempo[-1].beats_per_minute == pytest.approx(96.0, rel=1e-6)
    assert len(found.tempo) in (1, 3)
    (bar,) = found.metre
    assert bar.beats_per_bar == beats_per_bar
    clock = Clock(found.tempo)
    whole_bars = (clock.tick(first_s) - clock.tick(bar.time_s)) / (beats_per_bar * TICKS_PER_BEAT)
    assert whole_bars == pytest.approx(round(whole_bars), abs=0.01)


@pytest.mark.parametrize("off_s", [-0.02, 0.0, 0.02])
def test_a_click_that_begins_about_with_the_file_begins_with_it(off_s: float) -> None:
    found = with_tempo(at_a_click(60.0 / 96.0 + off_s), 96.0)
    assert found.tempo == (TempoChange(0.0, 96.0),)
    assert found.metre == (MetreChange(60.0 / 96.0, 4),)


@pytest.mark.parametrize("beats_per_minute", [91.7, 20.0, 900.0])
def test_a_given_tempo_that_is_not_heard_counts_from_the_start_and_knows_no_bars(beats_per_minute: float) -> None:
    notes = played(np.random.default_rng(3), 20.0)
    found = with_tempo(Transcription(notes=notes, duration_s=20.0), beats_per_minute)
    assert found == Transcription(notes=notes, tempo=(TempoChange(0.0, beats_per_minute),), duration_s=20.0)


@pytest.mark.parametrize("notes", [(), (Note(1.0, 2.0, 60, 64),), tuple(Note(1.0, 2.0, p, 64) for p in range(40))])
def test_without_a_beat_there_is_no_tempo(notes: tuple[Note, ...]) -> None:
    transcription = Transcription(notes=notes, duration_s=10.0)
    assert with_tempo(transcription) == transcription


@pytest.mark.parametrize("first_s", [0.05, 0.061, 0.08, 0.095])
def test_a_short_lead_before_dotted_beats_is_no_faster_than_tempos_go(first_s: float) -> None:
    jig = Metre(6, 8, (2,), 3)
    tempo, (bar,) = tempo_map(Beats(steady(150.0, first_s, 60), jig, 0, gain=1.0))
    assert max(change.beats_per_minute for change in tempo) <= 1000.0
    assert (bar.beats_per_bar, bar.beat_unit) == (6, 8)
    assert tempo[-1].beats_per_minute == pytest.approx(225.0, abs=0.01)


def test_beats_that_nearly_coincide_are_no_error() -> None:
    times_s = np.sort(np.append(steady(120.0, 0.5, 40), 5.001))
    tempo, _ = tempo_map(beats(times_s))
    assert all(4.0 <= change.beats_per_minute <= 1000.0 for change in tempo)
