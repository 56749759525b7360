"""The pedal in sound: strings that are struck, ring on and are damped, the same keys with the pedal and without it."""

from __future__ import annotations

import io

import numpy as np
import pretty_midi
import pytest

from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.outputs import midi

RATE = 16_000
BAR_S, BARS = 2.0, 10
KEY_S = 0.2  # how long a key is held
DAMPING_S = 0.04  # to 1/e
CHORDS = ((36, 52, 60, 67, 76), (41, 53, 60, 69, 77), (43, 55, 62, 71, 79), (45, 57, 60, 64, 81))
PRESSES = [(BAR_S * bar + 0.12, BAR_S * (bar + 1) + 0.04) for bar in range(BARS)]


def string(pitch: int, held_s: float) -> Samples:
    """A struck string (Fletcher and Rossing 1998): stretched partials that fade, the upper ones sooner, then damped."""
    hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    time_s = np.arange(round((held_s + 6 * DAMPING_S) * RATE)) / RATE
    last_s = 2.5 * 2.0 ** ((60 - pitch) / 24)
    sound = np.zeros(len(time_s))
    for partial in range(1, 13):
        stretched_hz = partial * hz * np.sqrt(1.0 + 3e-4 * partial**2)
        if stretched_hz < 7000.0:
            sound += np.sin(2 * np.pi * stretched_hz * time_s) * np.exp(-time_s * partial**0.7 / last_s) / partial**1.3
    sound *= np.where(time_s < held_s, 1.0, np.exp(-(time_s - held_s) / DAMPING_S)) * np.minimum(time_s / 0.003, 1.0)
    return sound.astype(np.float32)


def piece(*, pedal: bool) -> Audio:
    """Broken chords, eight keys a bar: each sounds until the pedal lifts, or until its key is released."""
    sound = np.zeros(round((BAR_S * BARS + 1.0) * RATE), np.float32)
    for bar in range(BARS):
        chord = CHORDS[bar % len(CHORDS)]
        for step, place in enumerate((0, 1, 2, 3, 4, 3, 2, 1)):
            onset_s = BAR_S * (bar + step / 8)
            held_s = PRESSES[bar][1] - onset_s if pedal else KEY_S
            wave = 0.06 * string(chord[place], held_s)
            first = round(onset_s * RATE)
            sound[first : first + len(wave)] += wave[: len(sound) - first]
    sound += 1e-4 * np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    return Audio(sound, RATE)


@pytest.fixture(scope="module")
def heard() -> dict[bool, Transcription]:
    transcriber = Transcriber(drums=False, instruments=["piano"])
    return {pedal: transcriber.transcribe(piece(pedal=pedal)) for pedal in (True, False)}


def down_s(transcription: Transcription, first_s: float, last_s: float) -> float:
    """For how long the pedal is down between two times."""
    return sum(max(0.0, min(up, last_s) - max(down, first_s)) for down, up in transcription.pedal_presses)


def test_the_pedal_is_down_while_strings_ring_on(heard: dict[bool, Transcription]) -> None:
    inside_s = sum(down_s(heard[True], *press) for press in PRESSES)
    assert inside_s > 0.8 * sum(up - down for down, up in PRESSES)


def test_no_pedal_is_heard_where_keys_damp_their_strings(heard: dict[bool, Transcription]) -> None:
    assert down_s(heard[False], 0.0, BAR_S * BARS) < 0.1 * BAR_S * BARS


def test_the_pedal_is_changed_with_the_chord(heard: dict[bool, Transcription]) -> None:
    ups_s = np.array([up_s for _, up_s in heard[True].pedal_presses])
    changes_s = np.array([up_s for _, up_s in PRESSES])
    found = np.abs(ups_s[:, None] - changes_s).min(axis=0) < 0.1
    assert found.mean() >= 0.8


def test_what_is_played_from_the_file_lasts_as_long_as_it_was_heard(heard: dict[bool, Transcription]) -> None:
    """A synthesizer holds a note until the pedal lifts or its key is struck again: few longer than they sound."""
    content = io.BytesIO()
    midi.write(heard[True], content)
    (piano,) = pretty_midi.PrettyMIDI(io.BytesIO(content.getvalue())).instruments
    changes = sorted((change.time, change.value >= 64) for change in piano.control_changes)
    held_longer_s = []
    for note in piano.notes:
        before = [is_down for time_s, is_down in changes if time_s <= note.end]
        until_s = [time_s for time_s, is_down in changes if not is_down and time_s > note.end]
        until_s += [other.start for other in piano.notes if other.pitch == note.pitch and other.start >= note.end]
        held_longer_s.append(min(until_s) - note.end if before and before[-1] and until_s else 0.0)
    assert np.mean(np.array(held_longer_s) < 0.1) > 0.85
