"""The lead line among notes of which it is known which are."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.notes.lead_line import with_melody
from mp3tomidi.transcribe.notes.melody import HOP_S, PitchTrack

VOICE, PIANO, BASS = 52, 0, 33
TUNE = (64, 62, 60, 62, 64, 64, 64, 62, 62, 62, 64, 67, 67)


def tune(program: int = PIANO, up: int = 0, velocity: int = 80) -> list[Note]:
    return [Note(0.5 + 0.5 * beat, 0.95 + 0.5 * beat, pitch + up, velocity, program) for beat, pitch in enumerate(TUNE)]


def chords(low: tuple[int, ...] = (48, 52, 55)) -> list[Note]:
    return [Note(0.5 + beat, 1.4 + beat, pitch, 60, PIANO) for beat in range(6) for pitch in low]


def basses() -> list[Note]:
    return [Note(0.5 + 0.5 * beat, 0.9 + 0.5 * beat, 36, 110, BASS) for beat in range(13)]


def track_of(notes: list[Note], tuning_cents: float = 0.0) -> PitchTrack:
    hz = np.zeros(round(8.0 / HOP_S))
    for note in notes:
        span = slice(round(note.onset_s / HOP_S), round(note.offset_s / HOP_S))
        hz[span] = 440.0 * 2.0 ** ((note.pitch - 69 + tuning_cents / 100.0) / 12.0)
    return PitchTrack(hz, np.ones_like(hz))


def found(notes: list[Note], track: PitchTrack, tuning_cents: float = 0.0) -> list[Note]:
    return [replace(note, melody=False) for note in with_melody(notes, track, tuning_cents) if note.melody]


def test_the_tune_on_top_is_the_melody() -> None:
    lead = tune()
    assert found([*chords(), *lead, *basses()], track_of(lead)) == lead


def test_a_voice_is_the_melody_below_what_accompanies_it_if_the_pitch_track_says_so() -> None:
    lead = tune(VOICE, -12, 90)
    assert found([*chords((72, 76, 79)), *lead, *basses()], track_of(lead, 30.0), 30.0) == lead


def test_notes_are_one_at_a_time_and_all_of_them_are_kept() -> None:
    everything = [*chords(), *tune(), *tune(up=12), *basses()]
    marked = with_melody(everything, track_of(tune(up=12)), 0.0)
    assert sorted(replace(note, melody=False) for note in marked) == sorted(everything)
    line = [note for note in marked if note.melody]
    assert all(before.offset_s <= after.onset_s + 0.1 for before, after in pairwise(line))


def test_basses_alone_and_nothing_have_no_melody() -> None:
    silence = track_of([])
    assert found(basses(), silence) == []
    assert with_melody([], silence, 0.0) == []
