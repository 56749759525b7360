"""Bends in MIDI files, played back."""

from __future__ import annotations

import logging
from itertools import pairwise

import mido
import numpy as np
import pytest

from mp3tomidi.transcribe.events import DrumHit, Note, PedalEvent, Transcription
from mp3tomidi.transcribe.outputs.midi import to_midi
from mp3tomidi.transcribe.outputs.pitch_bend import STEP_CENTS

from .midi_player import play

VOICE, STRINGS = 52, 48
TICK_S = 0.5 / 960


def vibrato(note: Note, cents: float, hz: float = 5.5) -> Note:
    time_s = np.arange(note.onset_s, note.offset_s, 0.01)
    swing = cents * np.sin(2 * np.pi * hz * (time_s - note.onset_s))
    return Note(
        note.onset_s,
        note.offset_s,
        note.pitch,
        note.velocity,
        note.program,
        bend=tuple(zip(time_s.tolist(), swing.tolist(), strict=True)),
    )


def song(*notes: Note, **events: tuple) -> Transcription:
    return Transcription(notes=notes, duration_s=20.0, **events)


def messages(midi: mido.MidiFile, kind: str) -> list[mido.Message]:
    return [message for track in midi.tracks for message in track if message.type == kind]


def sung(first_s: float, pitch: int, length_s: float = 0.9, program: int = VOICE) -> Note:
    return Note(first_s, first_s + length_s, pitch, 90, program)


@pytest.mark.parametrize("mpe", [False, True])
def test_what_is_played_is_never_further_from_the_curve_than_half_a_step(mpe: bool) -> None:
    notes = [vibrato(sung(0.5, 60), 50.0), sung(1.5, 62), vibrato(sung(2.5, 64), 300.0)]
    glide = Note(4.0, 5.0, 60, 90, VOICE, bend=((4.0, 0.0), (4.2, 0.0), (4.5, 500.0)))
    played = play(to_midi(song(*notes, glide), mpe=mpe))
    assert len(played) == 4
    for note, heard in zip([*notes, glide], played, strict=True):
        assert heard.onset_s == pytest.approx(note.onset_s, abs=TICK_S)
        for time_s in np.arange(note.onset_s + 0.005, note.offset_s - 0.005, 0.003):
            steepest = 300.0 * 2 * np.pi * 5.5 * TICK_S  # cents that go by while a time is rounded to a tick
            off_cents = 100.0 * (heard.pitch_at(time_s) - note.pitch) - note.cents_at(time_s)
            assert abs(off_cents) <= 0.5 * STEP_CENTS + steepest + 0.4  # and of the message itself


def test_no_more_messages_than_steps_are_needed() -> None:
    """A vibrato of 50 cents to either side goes through 20 steps four times in a period, less those at its ends."""
    midi = to_midi(song(vibrato(sung(0.5, 60, 2.0), 50.0)))
    assert 5.5 * 2 * (2 * 50 - STEP_CENTS) * 2 / STEP_CENTS <= len(messages(midi, "pitchwheel")) <= 5.5 * 2 * 41
    assert (
        len(messages(to_midi(song(Note(0.5, 2.0, 60, 90, VOICE, bend=((0.5, 31.0), (2.0, 31.0))))), "pitchwheel")) == 1
    )


@pytest.mark.parametrize(("cents", "semitones"), [(120.0, 2), (200.0, 2), (201.0, 12), (1300.0, 24), (4000.0, 48)])
def test_the_range_is_the_smallest_usual_one_that_is_wide_enough_and_is_stated(cents: float, semitones: int) -> None:
    midi = to_midi(song(vibrato(sung(0.5, 60), cents)))
    controls = [(message.control, message.value) for message in messages(midi, "control_change")]
    assert controls == [(101, 0), (100, 0), (6, semitones), (38, 0), (101, 127), (100, 127)]
    assert midi.tracks[1].index(messages(midi, "control_change")[0]) < midi.tracks[1].index(
        messages(midi, "note_on")[0]
    )


def test_a_bend_over_the_range_is_cut_and_said(caplog: pytest.LogCaptureFixture) -> None:
    note = Note(0.5, 1.5, 40, 90, VOICE, bend=((0.5, 0.0), (1.0, 6000.0)))
    with caplog.at_level(logging.WARNING):
        played = play(to_midi(song(note)))
    assert "6000 cents at 1.00 s is cut" in caplog.text
    assert played[0].pitch_at(1.2) == pytest.approx(88.0, abs=0.01)


def test_what_sounds_together_on_a_track_does_not_bend_but_in_mpe() -> None:
    chord = [vibrato(sung(0.5, pitch, program=STRINGS), cents) for pitch, cents in ((60, 40.0), (64, 90.0))]
    alone = vibrato(sung(2.0, 67, program=STRINGS), 60.0)
    plain = play(to_midi(song(*chord, alone)))
    assert [np.ptp([pitch for _, pitch in note.pitches]) > 0 for note in plain] == [False, False, True]
    apart = play(to_midi(song(*chord, alone), mpe=True))
    assert [round(100 * np.ptp([pitch for _, pitch in note.pitches])) for note in apart] == pytest.approx(
        [80, 180, 120], abs=6
    )
    assert len({note.channel for note in apart[:2]}) == 2


def test_notes_that_overlap_where_they_meet_are_one_line() -> None:
    first, second = vibrato(sung(0.5, 60), 50.0), vibrato(sung(1.35, 62), 50.0)
    played = play(to_midi(song(first, second)))
    assert played[0].offset_s == pytest.approx(1.35, abs=TICK_S)
    assert all(len(note.pitches) > 20 for note in played)


def test_mpe_is_configured_zone_by_zone_and_keeps_clear_of_drums_and_other_tracks() -> None:
    notes = [vibrato(sung(0.5 + index, 60 + index), 50.0) for index in range(6)]
    strings = [vibrato(sung(0.5, pitch, 6.0, STRINGS), 30.0) for pitch in (50, 53, 57)]
    piano = Note(0.5, 1.0, 40, 90, 0)
    midi = to_midi(
        song(*notes, *strings, piano, drum_hits=(DrumHit(0.5, 36, 90),), pedal=(PedalEvent(0.5, True),)), mpe=True
    )
    assert not messages(midi, "midi_port")
    by_name = {track.name: track for track in midi.tracks}
    channels = {
        name: {message.channel for message in track if message.type == "note_on"} for name, track in by_name.items()
    }
    assert channels["string ensemble 1"] <= {1, 2, 3, 4, 5, 6, 7, 8}  # of the lower zone, master 0
    assert channels["choir aahs"] <= {14, 13, 12, 11, 10}  # of the upper zone, master 15
    assert channels["drums"] == {9}
    everything = [channel for used in channels.values() for channel in used]
    assert len(everything) == len(set(everything))
    for name, master, members in (("string ensemble 1", 0, 4), ("choir aahs", 15, 3)):
        controls = [m for m in by_name[name] if m.type == "control_change" and m.control in (101, 100, 6)]
        first = [(m.channel, m.control, m.value) for m in controls[:3]]
        assert first == [(master, 101, 0), (master, 100, 6), (master, 6, members)]
        stated = {m.channel: m.value for m in controls[5:] if m.control == 6}
        assert stated == dict.fromkeys(stated, 48)
        assert stated.keys() >= channels[name]
        assert len(stated) == members
    sustained = [m.channel for m in by_name["acoustic grand piano"] if m.type == "control_change"]
    assert set(sustained) == channels["acoustic grand piano"]


def test_more_voices_than_members_are_cut_not_bent_by_each_other() -> None:
    notes = [vibrato(Note(0.5 + 0.1 * index, 5.0 + 0.1 * index, 40 + index, 90, STRINGS), 20.0) for index in range(10)]
    played = play(to_midi(song(*notes), mpe=True))
    for channel in {note.channel for note in played}:
        own = [note for note in played if note.channel == channel]
        assert all(before.offset_s <= after.onset_s for before, after in pairwise(own))


def test_three_tracks_that_bend_take_a_second_port() -> None:
    notes = [vibrato(sung(0.5, 60, program=program), 30.0) for program in (VOICE, STRINGS, 65)]
    midi = to_midi(song(*notes), mpe=True)
    assert [message.port for message in messages(midi, "midi_port")] == [1]


@pytest.mark.parametrize("mpe", [False, True])
def test_without_bends_nothing_changes(mpe: bool) -> None:
    plain = song(sung(0.5, 60), sung(0.6, 64), Note(0.5, 1.0, 40, 90, 0))
    assert {message.type for track in to_midi(plain, mpe=mpe).tracks for message in track if not message.is_meta} == {
        "program_change",
        "note_on",
        "note_off",
    }


def test_a_bend_that_begins_at_none_is_not_said_to_be_none() -> None:
    glide = Note(1.0, 2.0, 60, 90, VOICE, bend=((1.0, 0.0), (1.5, 0.0), (2.0, 200.0)))
    bends = [message.pitch for message in messages(to_midi(song(glide)), "pitchwheel")]
    assert bends[0] != 0
