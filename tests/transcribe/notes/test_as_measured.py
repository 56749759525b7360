"""Melodies, bends, voices, envelopes and pedals come out as they did when the figures in docs/ were measured.

Made-up sound and activations, with stored results. Where something is changed on purpose, measure again what
docs/figures.md says of it, then store the new results with `pytest --force-regen`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_regressions.ndarrays_regression import NDArraysRegressionFixture

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.notes.bends import with_bends
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.notes.decoding import decode_notes
from mp3tomidi.transcribe.notes.envelopes import with_envelopes
from mp3tomidi.transcribe.notes.lead_line import with_melody
from mp3tomidi.transcribe.notes.melody import PitchTrack, follow
from mp3tomidi.transcribe.notes.pedal import pedal_events
from mp3tomidi.transcribe.notes.salience import SAMPLE_RATE
from mp3tomidi.transcribe.notes.single_line import decode_line
from mp3tomidi.transcribe.notes.voice_pitch import sung_keys

HOP_S = 0.02
DURATION_S = 9.0
FRAMES = round(DURATION_S / HOP_S)
TUNING_CENTS = 12.0
VOICE, GUITAR, PIANO = 52, 25, 0
NEAR = {"rtol": 1e-3, "atol": 1e-3}


def sung_line() -> list[Note]:
    """A voice: leaps, repeats, short notes and rests, over held chords and a guitar."""
    rng = np.random.default_rng(21)
    notes, at_s, pitch = [], 0.3, 62
    while at_s < DURATION_S - 0.8:
        length_s = float(rng.choice([0.15, 0.3, 0.55, 0.9]))
        notes.append(Note(at_s, at_s + length_s, pitch, int(rng.integers(60, 110)), VOICE))
        at_s += length_s + float(rng.choice([0.0, 0.0, 0.05, 0.3]))
        pitch = int(np.clip(pitch + rng.choice([-5, -2, -1, 0, 2, 4, 7]), 52, 77))
    return notes


def accompaniment() -> list[Note]:
    rng = np.random.default_rng(22)
    chords = [Note(0.3 + 2.0 * k, 2.1 + 2.0 * k, pitch, 60, PIANO) for k in range(4) for pitch in (43, 50, 55, 59)]
    plucked = [Note(0.5 + 0.45 * k, 0.9 + 0.45 * k, int(rng.integers(45, 60)), 70, GUITAR) for k in range(17)]
    return [*chords, *plucked]


@pytest.fixture(scope="module")
def sound() -> NDArray[np.float32]:
    """The voice with vibrato and glides, the others plain and softer, and some noise."""
    rng = np.random.default_rng(23)
    time_s = np.arange(round(DURATION_S * SAMPLE_RATE)) / SAMPLE_RATE
    mixed = rng.normal(0.0, 0.002, len(time_s))
    for number, note in enumerate([*sung_line(), *accompaniment()]):
        voice = note.program == VOICE
        after = time_s - note.onset_s
        pitch = (
            note.pitch + TUNING_CENTS / 100.0 - (1.5 * np.exp(-after.clip(0) / 0.04) if voice and number % 3 else 0.0)
        )
        pitch = pitch + (0.45 * np.sin(2 * np.pi * 5.6 * after) * (after > 0.2) if voice else 0.0)
        phase = 2 * np.pi * np.cumsum(440.0 * 2.0 ** ((pitch - 69.0) / 12.0)) / SAMPLE_RATE
        held = (after >= 0.0) & (time_s < note.offset_s)
        fading = np.exp(-after.clip(0) / (2.0 if voice else 0.6)) * np.clip(after / 0.02, 0.0, 1.0)
        tone = sum(np.sin(k * phase) / k for k in range(1, 8))
        mixed += (0.2 if voice else 0.05) * held * fading * tone
    return mixed.astype(np.float32)


@pytest.fixture(scope="module")
def activations() -> Activations:
    """What a NoteNet might say of it."""
    rng = np.random.default_rng(24)
    onset, frame, offset, velocity, loudness, level = rng.beta(0.5, 12.0, (6, FRAMES, 88)).astype(np.float32)
    for note in [*sung_line(), *accompaniment()]:
        first, last, key = round(note.onset_s / HOP_S), min(round(note.offset_s / HOP_S), FRAMES - 1), note.pitch - 21
        sure = float(rng.uniform(0.3, 0.98))
        onset[first - 1 : first + 2, key] = np.array([0.4, 1.0, 0.5]) * sure
        fading = np.linspace(1.0, 0.4, last + 1 - first)
        frame[first : last + 1, key] = sure * fading
        offset[last, key] = sure * 0.8
        velocity[first : last + 1, key] = note.velocity / 127
        loudness[first : last + 1, key] = 0.9 * fading
        level[first : last + 1, key] = 0.7 * fading**2
    return Activations(onset, frame, offset, velocity, loudness, HOP_S, level=level)


def table(notes: list[Note]) -> NDArray[np.float64]:
    rows = [(note.onset_s, note.offset_s, note.pitch, note.velocity, note.confidence, note.melody) for note in notes]
    return np.array(rows, np.float64)


def bends(notes: list[Note]) -> NDArray[np.float64]:
    return np.array([(index, *point) for index, note in enumerate(notes) for point in note.bend], np.float64)


def test_notes_are_chosen(activations: Activations, ndarrays_regression: NDArraysRegressionFixture) -> None:
    candidates = find_candidates(activations)
    probability = candidates.height**1.5
    ndarrays_regression.check(
        {"notes": table(decode_notes(activations, candidates, probability))}, default_tolerance=NEAR
    )


def test_a_pitch_is_followed(
    sound: NDArray[np.float32], activations: Activations, ndarrays_regression: NDArraysRegressionFixture
) -> None:
    track = follow([sound], activations, TUNING_CENTS)
    ndarrays_regression.check({"hz": track.hz[::4], "confidence": track.confidence[::4]}, default_tolerance=NEAR)


def test_notes_bend_as_they_sound(sound: NDArray[np.float32], ndarrays_regression: NDArraysRegressionFixture) -> None:
    mixed, tuning_cents = with_bends([*sung_line(), *accompaniment()], sound, TUNING_CENTS)
    alone, alone_cents = with_bends(sung_line(), sound, TUNING_CENTS + 40.0)
    ndarrays_regression.check(
        {
            **{"mixed": table(mixed), "mixed bends": bends(mixed), "alone": table(alone), "alone bends": bends(alone)},
            "tuning": np.array([tuning_cents, alone_cents]),
        },
        default_tolerance={"rtol": 1e-3, "atol": 0.05},
    )


def test_a_voice_alone_is_one_line(
    sound: NDArray[np.float32], activations: Activations, ndarrays_regression: NDArraysRegressionFixture
) -> None:
    keys = sung_keys([sound], SAMPLE_RATE, HOP_S)
    candidates = find_candidates(activations)
    keys = np.pad(keys, ((0, max(0, FRAMES - len(keys))), (0, 0)))[:FRAMES]
    line = decode_line(activations, candidates, candidates.height**1.2, keys)
    ndarrays_regression.check({"keys": keys[::5], "line": table(line)}, default_tolerance=NEAR)


def test_the_melody_is_marked(ndarrays_regression: NDArraysRegressionFixture) -> None:
    rng = np.random.default_rng(25)
    for_others = [replace(note, program=int(rng.choice([0, 25, 40, 73, 81]))) for note in accompaniment()]
    high = [Note(k * 0.4, k * 0.4 + 0.35, int(rng.integers(70, 86)), int(rng.integers(40, 100)), 73) for k in range(20)]
    notes = sorted([*sung_line(), *for_others, *high])
    frames = np.arange(round(DURATION_S / 0.01)) * 0.01
    hz = np.where(rng.random(len(frames)) < 0.7, 440.0 * 2.0 ** ((60.0 + 8.0 * np.sin(frames) - 69.0) / 12.0), 0.0)
    marked = with_melody(notes, PitchTrack(hz, np.ones_like(hz)), 7.0)
    ndarrays_regression.check({"notes": table(marked)}, default_tolerance=NEAR)


def test_envelopes_and_pedal(activations: Activations, ndarrays_regression: NDArraysRegressionFixture) -> None:
    rng = np.random.default_rng(26)
    notes = sorted(accompaniment())
    enveloped = with_envelopes(notes, activations)
    fields = ("attack_s", "sustain_db", "release_s")
    steps = FRAMES // 2
    down = 0.5 + 0.45 * np.sin(np.arange(steps) / 6.0) + rng.normal(0.0, 0.1, steps)
    edges = [np.clip(0.5 + shift * np.gradient(down) * 4.0, 0.02, 0.98) for shift in (1.0, -1.0)]
    said = np.stack([np.clip(down, 0.02, 0.98), *edges]).astype(np.float32)
    pianos = [replace(note, program=PIANO) for note in notes]
    pedal = pedal_events(said, pianos, activations, DURATION_S)
    ndarrays_regression.check(
        {
            "envelopes": np.array([[getattr(note, name) or 0.0 for name in fields] for note in enveloped]),
            "pedal": np.array([(event.time_s, event.down) for event in pedal], np.float64),
        },
        default_tolerance=NEAR,
    )
