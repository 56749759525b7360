from __future__ import annotations

import pytest

from mp3tomidi.transcribe.events import DrumHit, MetreChange, Note, PedalEvent, TempoChange, Transcription
from mp3tomidi.transcribe.outputs.alignment import aligned

BAR_S = 2.0  # of 4/4 at 120


def heard(first_s: float, bar_s: float) -> Transcription:
    """Notes on quarters from `first_s` on, whose bars begin at `bar_s`; before it lies one beat of another tempo."""
    onsets_s = [first_s + 0.5 * quarter for quarter in range(12)]
    return Transcription(
        notes=tuple(Note(onset_s, onset_s + 0.4, 60, 80) for onset_s in onsets_s),
        drum_hits=(DrumHit(first_s + 1.0, 36, 90, offset_s=first_s + 1.25),),
        pedal=(PedalEvent(first_s + 1.0, True),),
        tempo=(TempoChange(0.0, 60.0 / bar_s), TempoChange(bar_s, 120.0)) if bar_s else (TempoChange(0.0, 120.0),),
        metre=(MetreChange(bar_s, 4),),
        duration_s=first_s + 10.0,
    )


@pytest.mark.parametrize("bar_s", [0.0, 0.31, 1.7])
def test_a_recording_that_begins_with_a_bar_begins_at_once(bar_s: float) -> None:
    moved, by_s = aligned(heard(bar_s, bar_s))
    assert by_s == pytest.approx(-bar_s)
    assert moved.tempo == (TempoChange(0.0, 120.0),)
    assert moved.metre == (MetreChange(0.0, 4),)
    assert [note.onset_s for note in moved.notes[:3]] == pytest.approx([0.0, 0.5, 1.0])
    assert moved.drum_hits[0].onset_s == pytest.approx(1.0)
    assert moved.drum_hits[0].offset_s == pytest.approx(1.25)
    assert moved.pedal[0].time_s == pytest.approx(1.0)
    assert moved.duration_s == pytest.approx(10.0)


def test_an_upbeat_becomes_the_end_of_a_whole_bar() -> None:
    moved, by_s = aligned(heard(0.2, 0.7))
    assert by_s == pytest.approx(BAR_S - 0.7)
    assert moved.notes[0].onset_s == pytest.approx(1.5)
    assert moved.notes[1].onset_s == pytest.approx(BAR_S)
    assert moved.metre == (MetreChange(0.0, 4),)
    assert moved.tempo == (TempoChange(0.0, 120.0),)


def test_empty_bars_before_the_music_go() -> None:
    moved, by_s = aligned(heard(0.3 + 3 * BAR_S, 0.3))
    assert by_s == pytest.approx(-0.3 - 3 * BAR_S, abs=0.001)
    assert moved.notes[0].onset_s == pytest.approx(0.0, abs=0.001)
    assert moved.metre == (MetreChange(0.0, 4),)


def test_what_is_played_a_little_early_begins_the_bar() -> None:
    moved, _ = aligned(heard(0.98, 1.0))
    assert moved.notes[0].onset_s == 0.0
    assert moved.notes[1].onset_s == pytest.approx(0.48)


def test_later_changes_of_tempo_move_along() -> None:
    piece = heard(1.0, 1.0)
    changed = Transcription(
        notes=piece.notes, tempo=(*piece.tempo, TempoChange(5.0, 90.0)), metre=piece.metre, duration_s=11.0
    )
    moved, _ = aligned(changed)
    assert moved.tempo == (TempoChange(0.0, 120.0), TempoChange(4.0, 90.0))


def test_without_bars_nothing_moves() -> None:
    piece = Transcription(notes=(Note(1.0, 2.0, 60, 80),), duration_s=3.0)
    assert aligned(piece) == (piece, 0.0)
