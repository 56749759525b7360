"""Notes on the beat grid, against what was written before it was played."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.rhythm.quantisation import (
    LOWER,
    TICKS_PER_QUARTER,
    UPPER,
    ScoreNote,
    begun_earlier,
    positions,
    quantise,
)

BEATS_S = [1.0 + 0.5 * beat for beat in range(64)]


def played(
    score: list[tuple[float, float, int]], rng: np.random.Generator | None = None, deviation_s: float = 0.0
) -> list[Note]:
    """(onset, end, pitch), in beats, as notes at 120 beats a minute from 1 s on; the ends a little early."""
    notes = []
    for onset, end, pitch in score:
        late_s = float(rng.normal(0.0, deviation_s)) if rng is not None else 0.0
        notes.append(Note(1.0 + 0.5 * onset + late_s, 1.0 + 0.5 * onset + late_s + 0.45 * (end - onset), pitch, 64))
    return notes


def ticks(notes: tuple[ScoreNote, ...]) -> list[tuple[int, int, int]]:
    return [(note.onset, note.onset + note.duration, note.pitch) for note in notes]


def in_ticks(score: list[tuple[float, float, int]]) -> list[tuple[int, int, int]]:
    return sorted((round(a * TICKS_PER_QUARTER), round(b * TICKS_PER_QUARTER), pitch) for a, b, pitch in score)


def test_sixteenths_and_triplets_played_unevenly_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    score: list[tuple[float, float, int]] = []
    for beat in range(60):
        parts = int(rng.choice([1, 2, 3, 4]))
        score += [(beat + i / parts, beat + (i + 1) / parts, int(rng.integers(60, 80))) for i in range(parts)]
    written = quantise(played(score, rng, deviation_s=0.012), BEATS_S)
    got, expected = ticks(written.notes), in_ticks(score)
    assert len(got) == len(expected)
    assert np.mean([a == b for a, b in zip(got, expected, strict=True)]) > 0.97


def test_swing_is_triplets_throughout_and_straight_eighths_are_not() -> None:
    rng = np.random.default_rng(1)
    for place, triplets in ((2 / 3, True), (0.5, False)):
        score = [(beat + at, beat + at + 0.2, 72) for beat in range(40) for at in (0.0, place)]
        written = quantise(played(score, rng, deviation_s=0.01), BEATS_S)
        share = np.mean([beat in written.triplet_beats for beat in range(40)])
        assert share > 0.95 if triplets else share == 0.0


def test_swung_eighths_are_written_as_even_ones_and_triplets_stay() -> None:
    rng = np.random.default_rng(4)
    score = [(beat + at, beat + end, 72) for beat in range(24) for at, end in ((0.0, 2 / 3), (2 / 3, 1.0))]
    score += [(24 + third / 3, 24 + (third + 1) / 3, 72) for third in range(3)]
    score += [(25 + k / 2, 25 + (k + 1) / 2, 72) for k in range(2)]  # even as they are played, too
    written = quantise(played(score, rng, deviation_s=0.01), BEATS_S, swung=True)
    expected = [(12 * beat + 6 * k, 12 * beat + 6 * k + 6, 72) for beat in range(24) for k in range(2)]
    expected += [(288, 292, 72), (292, 296, 72), (296, 300, 72), (300, 306, 72), (306, 312, 72)]
    assert ticks(written.notes) == expected
    assert written.triplet_beats == {24}


def test_where_quarters_are_no_beats_there_are_no_triplets() -> None:
    score = [(beat + third / 3, beat + (third + 1) / 3, 72) for beat in range(8) for third in range(3)]
    written = quantise(played(score), BEATS_S, triplets=False)
    assert not written.triplet_beats
    assert {note.onset % 3 for note in written.notes} == {0}


@pytest.mark.parametrize(
    ("heard", "written"), [(0.1, 6), (0.2, 6), (0.55, 6), (0.7, 12), (0.95, 12), (1.1, 12), (1.75, 24)]
)
def test_notes_before_a_rest_have_lengths_that_players_read(heard: float, written: int) -> None:
    notes = [Note(1.0, 1.0 + 0.5 * heard, 60, 64), Note(3.0, 3.5, 60, 64)]
    assert quantise(notes, BEATS_S).notes[0].duration == written


@pytest.mark.parametrize(("following", "written"), [(0.25, 3), (0.5, 6), (0.75, 6), (1.0, 6)])
def test_a_detached_note_is_an_eighth_unless_another_begins_within_it(following: float, written: int) -> None:
    notes = [Note(1.0, 1.1, 60, 64), Note(1.0 + 0.5 * following, 1.6 + 0.5 * following, 65, 64), Note(9.0, 9.5, 60, 64)]
    assert quantise(notes, BEATS_S).notes[0].duration == written


def test_a_syncopated_note_before_a_rest_is_not_tied_to_a_sixteenth() -> None:
    notes = [Note(1.25, 1.25 + 0.5 * 0.72, 60, 64), Note(3.0, 3.5, 60, 64)]  # from the second eighth, for .72 beats
    assert quantise(notes, BEATS_S).notes[0].duration in (6, 12)


def test_positions_go_on_outside_of_the_beats_as_fast_as_beside_them() -> None:
    found = positions(np.array([0.5, 1.0, 1.25, 2.0, 3.5]), [1.0, 1.5, 2.5])
    assert found == pytest.approx([-1.0, 0.0, 0.5, 1.5, 3.0])


def test_hands_are_split_at_middle_c_and_a_single_staff_is_not() -> None:
    notes = played([(0, 1, 59), (0, 1, 60)])
    assert [(note.pitch, note.staff) for note in quantise(notes, BEATS_S).notes] == [(59, LOWER), (60, UPPER)]
    assert {note.staff for note in quantise(notes, BEATS_S, two_staves=False).notes} == {UPPER}


def test_a_held_note_under_a_melody_has_a_voice_of_its_own() -> None:
    written = quantise(played([(0, 4, 60), (0, 1, 72), (1, 2, 74), (2, 3, 76), (3, 4, 77)]), BEATS_S)
    assert [(note.pitch, note.duration, note.voice) for note in written.notes] == [
        (72, 12, 1),
        (60, 48, 2),
        (74, 12, 1),
        (76, 12, 1),
        (77, 12, 1),
    ]


def test_in_no_voice_notes_overlap_and_chords_end_together() -> None:
    rng = np.random.default_rng(2)
    onsets_s = np.sort(rng.uniform(0.0, 20.0, 300))
    notes = [Note(t, t + rng.exponential(0.6) + 0.02, int(rng.integers(30, 90)), 64) for t in onsets_s]
    written = quantise(notes, BEATS_S)
    voices: dict[tuple[int, int], list[ScoreNote]] = {}
    for note in written.notes:
        assert note.duration > 0
        voices.setdefault((note.staff, note.voice), []).append(note)
    for voice in voices.values():
        for before, after in pairwise(voice):
            same = before.onset == after.onset
            assert before.duration == after.duration if same else before.onset + before.duration <= after.onset


def test_bars_are_added_for_what_begins_before_the_first_beat() -> None:
    notes = [Note(0.5, 0.9, 60, 64), Note(1.0, 1.4, 62, 64)]
    for beats_per_bar in (3, 4):
        beats_s = begun_earlier(BEATS_S, 0.5, beats_per_bar)
        onset = (beats_per_bar - 1) * TICKS_PER_QUARTER
        assert [note.onset for note in quantise(notes, beats_s).notes] == [onset, onset + TICKS_PER_QUARTER]
    assert begun_earlier(BEATS_S, 0.98, 4) == BEATS_S


def test_the_grid_follows_a_tempo_that_changes() -> None:
    beats_s = np.cumsum([0.0, *np.linspace(0.4, 1.2, 31)])
    notes = [Note(t, t + 0.1, 60, 64) for t in beats_s]
    assert [note.onset for note in quantise(notes, beats_s.tolist()).notes] == [12 * beat for beat in range(32)]


def test_nothing_is_nothing_and_beats_must_rise() -> None:
    assert quantise([], BEATS_S).notes == ()
    for beats_s in ([], [0.0], [0.0, 0.0], [1.0, 0.5]):
        with pytest.raises(ValueError, match="beats_s must hold"):
            quantise([], beats_s)
