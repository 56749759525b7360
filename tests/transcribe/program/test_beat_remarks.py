from __future__ import annotations

from mp3tomidi.transcribe.events import BeatExplanation, MetreChange, Note, TempoChange, Transcription
from mp3tomidi.transcribe.program.beat_remarks import remark_on_move, remarks_on_beats

NOTES = tuple(Note(number / 2, number / 2 + 0.4, 60, 80) for number in range(8))


def found(*likely: float) -> Transcription:
    explanations = tuple(
        BeatExplanation(p, 120.0 / (1 + number), 4, 4, number == 1, 0.5) for number, p in enumerate(likely)
    )
    tempo, metre = (TempoChange(0.0, 120.0),), (MetreChange(0.0, 4),)
    return Transcription(notes=NOTES, tempo=tempo, metre=metre, beat_explanations=explanations, duration_s=9.0)


def test_a_sure_beat_needs_no_word() -> None:
    assert list(remarks_on_beats(found(0.8, 0.2))) == []


def test_an_unsure_beat_is_said_with_what_else_it_may_be() -> None:
    (line,) = remarks_on_beats(found(0.4, 0.3, 0.05))
    assert line == (
        "the beat is unsure: 120.0 quarters a minute in 4/4, a bar at 0.50 s (40 %) "
        "or 60.0 quarters a minute in 4/4, swung, a bar at 0.50 s (30 %); --tempo and --metre decide it"
    )


def test_no_beat_is_said_but_not_of_few_notes() -> None:
    (line,) = remarks_on_beats(Transcription(notes=NOTES, duration_s=9.0))
    assert line.startswith("no beat was found; MIDI files and scores count 120")
    assert list(remarks_on_beats(Transcription(notes=NOTES[:7], duration_s=9.0))) == []


def test_few_notes_with_a_beat_are_a_metronomes_unless_notes_were_left_out() -> None:
    few = Transcription(notes=NOTES[:3], tempo=(TempoChange(0.0, 96.0),), metre=(MetreChange(0.0, 4),), duration_s=9.0)
    assert list(remarks_on_beats(few)) == ["clicks were found that are no notes or drums: 96.0 a minute"]
    assert list(remarks_on_beats(few, all_notes=False)) == []


def test_a_move_is_said() -> None:
    assert remark_on_move(found(1.0), -0.31) == "aligned: all is 0.310 s earlier than in the recording"
    assert remark_on_move(found(1.0), 1.2) == "aligned: all is 1.200 s later than in the recording"
    assert remark_on_move(Transcription(duration_s=1.0), 0.0) == "not aligned, for no bars were found"


def test_a_metre_that_the_music_contradicts_is_said() -> None:
    (line,) = remarks_on_beats(found(0.01), metre="3/4")
    assert line.startswith("the music contradicts the metre that was named: 120.0 quarters a minute")
    (line,) = remarks_on_beats(found(0.01), tempo=(200.0, 240.0))
    assert line.startswith("the music contradicts the tempo that was named")
    assert list(remarks_on_beats(found(0.8, 0.2), metre="4/4")) == []


def test_a_tempo_range_without_beats_is_said() -> None:
    (line,) = remarks_on_beats(Transcription(notes=NOTES, duration_s=9.0), tempo=(350.0, 400.0), metre="3/4")
    assert line.startswith("no beat was found between 350 and 400 in 3/4;")


def test_a_given_tempo_whose_beats_are_not_there_is_said() -> None:
    heard = Transcription(notes=NOTES, tempo=(TempoChange(0.0, 96.0),), duration_s=9.0)
    assert list(remarks_on_beats(heard, tempo=96.0)) == [
        "no beats were found at 96 a minute; they are counted from 0 s"
    ]


def test_the_tempo_of_clicks_that_are_no_notes_is_said() -> None:
    tempo, metre = (TempoChange(0.0, 120.0), TempoChange(0.5, 100.0)), (MetreChange(0.5, 4),)
    assert list(remarks_on_beats(Transcription(tempo=tempo, metre=metre, duration_s=9.0))) == [
        "clicks were found that are no notes or drums: 100.0 a minute"
    ]
