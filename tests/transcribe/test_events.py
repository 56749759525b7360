from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mp3tomidi.transcribe.events import (
    BeatExplanation,
    DrumHit,
    MetreChange,
    Note,
    PedalEvent,
    TempoChange,
    Transcription,
)


def test_numpy_numbers_become_python_numbers() -> None:
    note = Note(np.float32(0.5), np.float64(1.5), np.int64(60), np.int32(64), np.uint8(3), np.float32(0.25))
    assert note == Note(0.5, 1.5, 60, 64, program=3, confidence=0.25)
    assert [type(value) for value in dataclasses.astuple(note)[:7]] == [float, float, int, int, int, float, tuple]
    measured = Note(0.5, 1.5, 60, 64, attack_s=np.float32(0.5), sustain_db=np.float64(-6.0), release_s=np.float32(2.0))
    assert [type(value) for value in dataclasses.astuple(measured)[7:10]] == [float, float, float]
    assert PedalEvent(0.0, np.bool_(True)).down is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("onset_s", -0.001),
        ("onset_s", math.nan),
        ("onset_s", math.inf),
        ("onset_s", "0"),
        ("onset_s", 1.0),  # where the note ends
        ("offset_s", math.inf),
        ("offset_s", 0.4),  # before it begins
        ("pitch", 128),
        ("pitch", -1),
        ("pitch", 60.0),
        ("velocity", 0),
        ("velocity", 128),
        ("velocity", 63.5),
        ("program", 128),
        ("confidence", 1.01),
        ("confidence", math.nan),
        ("melody", "yes"),
        ("attack_s", -0.01),
        ("sustain_db", 0.01),
        ("sustain_db", math.nan),
        ("release_s", math.inf),
        ("bend", ((0.5, 12_701.0),)),
        ("bend", ((0.5, math.nan),)),
        ("bend", ((-0.1, 0.0),)),
        ("bend", ((0.6, 0.0), (0.6, 10.0))),
        ("bend", ((0.6, 0.0), (0.5, 10.0))),
        ("bend", (0.5, 10.0)),
        ("bend", None),
    ],
)
def test_a_note_that_cannot_be_is_refused_by_the_name_of_its_field(field: str, value: object) -> None:
    fields = {"onset_s": 0.5, "offset_s": 1.0, "pitch": 60, "velocity": 64} | {field: value}
    with pytest.raises(ValueError, match=field):
        Note(**fields)


@pytest.mark.parametrize(
    "make",
    [
        lambda: DrumHit(0.0, 128, 64),
        lambda: DrumHit(0.0, 36, 0),
        lambda: DrumHit(-1.0, 36, 64),
        lambda: DrumHit(1.0, 49, 64, offset_s=1.0),
        lambda: PedalEvent(0.0, "yes"),  # type: ignore[arg-type]
        lambda: PedalEvent(math.nan, True),
        lambda: TempoChange(0.0, 0.0),
        lambda: TempoChange(0.0, 3.0),  # too slow for a MIDI file's 24 bits
        lambda: Transcription(duration_s=-1.0),
        lambda: Transcription(duration_s=math.nan),
        lambda: Transcription(duration_s=math.inf),
        lambda: Transcription(tuning_cents=math.inf, duration_s=1.0),
        lambda: Transcription(notes=(DrumHit(0.0, 36, 64),), duration_s=1.0),  # type: ignore[arg-type]
        lambda: Transcription(notes=(Note(2.0, 3.0, 60, 64),), duration_s=1.0),
        lambda: Transcription(tempo=(TempoChange(2.0, 90.0),), duration_s=1.0),
    ],
)
def test_other_events_that_cannot_be_are_refused(make: object) -> None:
    with pytest.raises(ValueError):
        make()  # type: ignore[operator]


def test_events_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Note(0.0, 1.0, 60, 64).pitch = 61  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Transcription(duration_s=1.0).notes = ()  # type: ignore[misc]


def test_events_are_sorted_by_time_whatever_the_order_given() -> None:
    notes = [Note(i / 10, i / 10 + 5, 60 + i % 3, 64) for i in range(20)]
    hits = [DrumHit(i / 10, 36, 64) for i in range(20)]
    pedal = [PedalEvent(1.0, True), PedalEvent(1.0, False), PedalEvent(0.0, True)]
    shuffled = np.random.default_rng(1).permutation(20)
    transcription = Transcription(
        notes=(notes[i] for i in shuffled),  # type: ignore[arg-type]
        drum_hits=[hits[i] for i in shuffled],  # type: ignore[arg-type]
        pedal=tuple(pedal),
        duration_s=3,
    )
    assert transcription.notes == tuple(notes)
    assert transcription.drum_hits == tuple(hits)
    # Where both happen at once the pedal comes up first: the pianist changes it.
    assert transcription.pedal == (pedal[2], pedal[1], pedal[0])
    assert type(transcription.duration_s) is float


def test_a_program_has_a_name() -> None:
    assert Note(0.0, 1.0, 60, 64).instrument == "acoustic grand piano"
    assert Note(0.0, 1.0, 60, 64, program=40).instrument == "violin"
    assert Note(0.0, 1.0, 60, 64, program=127).instrument == "program 127"


def test_drums_are_named_by_their_piece() -> None:
    assert [DrumHit(0.0, key, 64).instrument for key in (36, 40, 44, 57, 54)] == [
        "kick",
        "snare",
        "closed hi-hat",
        "crash",
        "other",
    ]


@pytest.mark.parametrize(
    ("beats_per_bar", "beat_unit", "bar_quarters", "tapped_quarters"),
    [(4, 4, 4.0, 1.0), (3, 4, 3.0, 1.0), (6, 8, 3.0, 1.5), (12, 8, 6.0, 1.5), (7, 8, 3.5, 0.5), (3, 8, 1.5, 0.5)],
)
def test_a_metre_knows_its_bars_and_what_is_tapped(
    beats_per_bar: int, beat_unit: int, bar_quarters: float, tapped_quarters: float
) -> None:
    metre = MetreChange(0.0, beats_per_bar, beat_unit)
    assert (metre.bar_quarters, metre.tapped_quarters) == (bar_quarters, tapped_quarters)


def test_a_beat_unit_is_a_note_value() -> None:
    with pytest.raises(ValueError, match="beat_unit must be one of 1, 2, 4, 8, 16, 32, but is 6"):
        MetreChange(0.0, 4, 6)
    with pytest.raises(ValueError, match="beat_unit"):
        BeatExplanation(0.5, 120.0, 4, 3, False, 0.0)


def test_presses_of_the_pedal_are_from_down_to_up() -> None:
    down, up = True, False
    events = ((0.5, down), (0.6, down), (1.0, up), (1.2, up), (2.0, down), (2.5, up), (2.5, down), (3.0, down))
    transcription = Transcription(pedal=tuple(PedalEvent(*event) for event in events), duration_s=4.0)
    assert transcription.pedal_presses == ((0.5, 1.0), (2.0, 2.5), (2.5, 4.0))


def test_a_bend_is_straight_between_its_points_and_level_beyond_them() -> None:
    note = Note(0.0, 4.0, 60, 64, bend=[[1, -50], [2, 0], [3, 200]])  # type: ignore[arg-type]  # as JSON has it
    assert note.bend == ((1.0, -50.0), (2.0, 0.0), (3.0, 200.0))
    assert [note.cents_at(time_s) for time_s in (0.0, 1.0, 1.5, 2.0, 2.25, 3.0, 4.0)] == [
        -50,
        -50,
        -25,
        0,
        50,
        200,
        200,
    ]
    assert Note(0.0, 4.0, 60, 64).cents_at(1.0) == 0.0
