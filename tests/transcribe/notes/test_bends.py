"""Pitch curves of notes against tones whose pitch is known at every moment."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.notes.bends import thinned, with_bends
from mp3tomidi.transcribe.notes.salience import SAMPLE_RATE

VOICE, STRINGS, GUITAR, PIANO = 52, 48, 25, 0
TIME_S = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
LEAD_S = 0.5
AMPLITUDES = (1.0, 0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.08)

Curve = NDArray[np.float64]


def tone(pitch: Curve, level: float = 0.2) -> NDArray[np.float32]:
    """A tone of this MIDI pitch, with LEAD_S of silence before and after it."""
    hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    phase = 2.0 * np.pi * np.cumsum(hz) / SAMPLE_RATE
    wave = sum(a * np.sin(k * phase) * (k * hz < 7000.0) for k, a in enumerate(AMPLITUDES, start=1))
    edge = np.minimum(1.0, np.minimum(np.arange(len(hz)), np.arange(len(hz))[::-1]) / 800)
    return np.pad(level * wave * edge, round(LEAD_S * SAMPLE_RATE)).astype(np.float32)


def vibrato(pitch: float, cents: float, rate_hz: float = 5.5) -> Curve:
    return np.asarray(pitch + cents / 100.0 * np.sin(2.0 * np.pi * rate_hz * TIME_S))


def glide(low: float, high: float, length_s: float) -> Curve:
    return np.asarray(low + (high - low) / (1.0 + np.exp(-8.0 * (TIME_S - 1.0) / length_s)))


def whole(pitch: int, program: int = VOICE) -> Note:
    return Note(LEAD_S, LEAD_S + 2.0, pitch, 90, program)


def cents_off(notes: list[Note], pitch: Curve, edge_s: float = 0.02) -> Curve:
    """How far the notes are from the true pitch, every 5 ms of all of them."""
    off = []
    for note in notes:
        time_s = np.arange(note.onset_s + edge_s, note.offset_s - edge_s, 0.005)
        played = np.array([note.pitch + note.cents_at(at) / 100.0 for at in time_s])
        off.append(100.0 * np.abs(played - np.interp(time_s - LEAD_S, TIME_S, pitch)))
    return np.concatenate(off)


@pytest.mark.parametrize(
    ("key", "pitch"),
    [
        pytest.param(60, vibrato(60, 50), id="vibrato"),
        pytest.param(67, vibrato(67, 100, 6.0), id="wide vibrato"),
        pytest.param(43, vibrato(43, 50), id="low vibrato"),
        pytest.param(88, vibrato(88, 50, 6.5), id="high vibrato"),
        pytest.param(60, glide(60, 65, 0.2), id="a fourth up"),
        pytest.param(72, glide(72, 67, 0.1), id="a fourth down, quickly"),
        pytest.param(72, 72 - 3 * np.exp(-TIME_S / 0.06), id="scoop"),
        pytest.param(64, np.full(len(TIME_S), 64.35), id="beside the key"),
    ],
)
def test_what_a_tone_does_is_known_within_10_cents(key: int, pitch: Curve) -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.002, 3 * SAMPLE_RATE)
    notes, tuning_cents = with_bends(
        [whole(key), Note(0.0, 0.1, 30, 90, PIANO)], (tone(pitch) + noise).astype(np.float32), 0.0
    )
    assert tuning_cents == 0.0
    bent = [note for note in notes if note.program == VOICE]
    assert np.percentile(cents_off(bent, pitch), 98) < 10.0
    assert len(bent[0].bend) < 160


def plucked(pitch: Curve, note: int) -> list[Note]:
    """What becomes of a struck and damped string of this pitch, beside a piano that keeps the tuning."""
    decay = np.pad(np.exp(-TIME_S / 0.8) * np.minimum(1.0, TIME_S / 0.03), round(LEAD_S * SAMPLE_RATE))
    stroke = (
        np.random.default_rng(1).normal(0.0, 0.05, 3 * SAMPLE_RATE) * np.roll(decay, -round(0.02 * SAMPLE_RATE)) ** 8
    )
    sound = (tone(pitch, 0.4) * decay + stroke).astype(np.float32)
    notes, _ = with_bends([whole(note, GUITAR), Note(0.0, 0.1, 30, 90, PIANO)], sound, 0.0)
    return [one for one in notes if one.program == GUITAR]


@pytest.mark.parametrize("key", [28, 40, 60, 76])
@pytest.mark.parametrize("wobble_cents", [0.0, 12.0])
def test_a_plucked_string_that_nobody_bends_keeps_its_key(key: int, wobble_cents: float) -> None:
    struck_sharp = 0.2 * np.exp(-TIME_S / 0.05)
    wobble = 0.01 * wobble_cents * np.sin(2.0 * np.pi * 3.0 * TIME_S)
    (note,) = plucked(key + struck_sharp + wobble, key)
    assert note.bend == ()


@pytest.mark.parametrize(
    "pitch",
    [
        pytest.param(vibrato(60, 50), id="vibrato"),
        pytest.param(vibrato(60, 25, 4.5), id="slight vibrato"),
        pytest.param(glide(60, 62, 0.2), id="a whole tone up"),
    ],
)
def test_a_plucked_string_that_a_finger_bends_is_followed_within_10_cents(pitch: Curve) -> None:
    notes = plucked(pitch, 60)
    off = cents_off(notes, pitch, edge_s=0.1)
    assert np.percentile(off, 95) < 10.0


def test_a_steady_tone_on_its_key_is_not_bent() -> None:
    notes, _ = with_bends([whole(60)], tone(np.full(len(TIME_S), 60.03)), 0.0)
    assert notes == [whole(60)]


def test_a_piano_cannot_bend() -> None:
    notes, _ = with_bends([whole(60, PIANO)], tone(vibrato(60, 50)), 0.0)
    assert notes == [whole(60, PIANO)]


def test_of_a_chord_each_note_has_its_own_bend() -> None:
    """A third beside a fifth that wavers more slowly."""
    first, second = vibrato(60, 40, 5.5), vibrato(67, 80, 4.5)
    notes, _ = with_bends([whole(60, STRINGS), whole(67, STRINGS)], tone(first) + tone(second), 0.0)
    for note, pitch in zip(notes, (first, second), strict=True):
        off = cents_off([note], pitch)
        assert np.median(off) < 8.0
        assert np.percentile(off, 90) < 20.0


def test_a_string_that_another_tone_takes_over_from_is_not_bent_there() -> None:
    """What is heard after a guitar's tone has ended early; a finger bends it by a tone in a fifth of a second."""
    pitch = np.where(TIME_S < 1.2, 60.0, 63.0)
    (note,), _ = with_bends([whole(60, GUITAR)], tone(pitch), 0.0)
    assert max((abs(cents) for _, cents in note.bend), default=0.0) < 50.0
    bent = 60.0 + 2.0 * np.clip((TIME_S - 1.0) / 0.2, 0.0, 1.0)
    (note,), _ = with_bends([whole(60, GUITAR)], tone(bent), 0.0)
    assert np.percentile(cents_off([note], bent), 98) < 10.0


def test_what_is_not_there_is_not_bent() -> None:
    """A note that was heard by mistake in noise, beside one that is there."""
    noise = np.random.default_rng(0).normal(0.0, 0.05, 3 * SAMPLE_RATE)
    quiet = tone(np.full(len(TIME_S), 48.0), 0.02)
    notes, _ = with_bends([whole(48), whole(66)], (quiet + noise).astype(np.float32), 0.0)
    assert notes[1].bend == ()


@pytest.mark.parametrize(("low", "high", "length_s"), [(60, 65, 0.2), (65, 60, 0.3)])
def test_a_tone_that_glides_on_lasts_until_the_next_key(low: int, high: int, length_s: float) -> None:
    pitch = glide(low, high, length_s)
    heard = [Note(0.5, 1.42, low, 90, VOICE), Note(1.55, 2.5, high, 90, VOICE)]
    notes, _ = with_bends(heard, tone(pitch), 0.0)
    assert [(note.onset_s, note.offset_s) for note in notes] == [(0.5, 1.55), (1.55, 2.5)]
    assert np.percentile(cents_off(notes, pitch), 98) < 10.0


def test_a_tone_that_ends_does_not_last_until_the_next_key() -> None:
    sound = tone(np.where(TIME_S < 1.0, 60.0, 65.0))
    sound[round(1.4 * SAMPLE_RATE) : round(1.6 * SAMPLE_RATE)] = 0.0
    heard = [Note(0.5, 1.4, 60, 90, VOICE), Note(1.6, 2.5, 65, 90, VOICE)]
    assert with_bends(heard, sound, 0.0)[0] == heard


def turns(pitch: Curve, low: int, high: int, rate_hz: float) -> list[Note]:
    """What a network hears of a wide vibrato: a note at each of its turns."""
    quarter_s = 0.25 / rate_hz
    middles_s = np.arange(quarter_s, 2.0 - quarter_s, 2.0 * quarter_s)
    return [
        Note(LEAD_S + at - 0.9 * quarter_s, LEAD_S + at + 0.9 * quarter_s, high if up % 2 == 0 else low, 90, VOICE)
        for up, at in enumerate(middles_s)
    ]


def test_a_vibrato_wider_than_a_semitone_is_one_note() -> None:
    pitch = vibrato(62, 130, 5.0)
    notes, _ = with_bends(turns(pitch, 61, 63, 5.0), tone(pitch), 0.0)
    assert [note.pitch for note in notes] == [62]
    assert np.percentile(cents_off(notes, pitch), 95) < 10.0


def test_a_trill_stays_as_many_notes_as_it_has() -> None:
    pitch = 62.0 + np.sign(np.sin(2.0 * np.pi * 5.0 * TIME_S))
    heard = turns(pitch, 61, 63, 5.0)
    notes, _ = with_bends(heard, tone(np.asarray(pitch)), 0.0)
    assert [note.pitch for note in notes] == [note.pitch for note in heard]


@pytest.mark.parametrize(("true_cents", "heard_cents"), [(0.0, 49.0), (-30.0, -30.0), (45.0, -4.0)])
def test_of_voices_alone_the_tuning_is_the_middle_of_their_notes(true_cents: float, heard_cents: float) -> None:
    """What the spectrum takes for it may be where a vibrato turns."""
    pitch = vibrato(60 + true_cents / 100.0, 50)
    notes, tuning_cents = with_bends([whole(60)], tone(pitch), heard_cents)
    assert tuning_cents == pytest.approx(true_cents, abs=4.0)
    assert notes[0].pitch == 60
    assert np.mean([cents for _, cents in notes[0].bend]) == pytest.approx(0.0, abs=4.0)


def test_thinning_keeps_within_its_tolerance_and_keeps_no_more_than_it_must() -> None:
    frames = np.arange(200)
    y = 50.0 * np.sin(frames / 8.0)
    kept = thinned(frames, y, 2.5)
    assert np.abs(np.interp(frames, frames[kept], y[kept]) - y).max() <= 2.5
    assert len(kept) < 60
    assert thinned(frames, 0.3 * frames, 1e-6) == [0, 199]


def string(pitch: Curve, struck_s: tuple[float, ...] = (0.0,)) -> NDArray[np.float32]:
    """A string of this pitch, struck at these times and fading after each."""
    since_s = np.min([np.where(at <= TIME_S, TIME_S - at, np.inf) for at in struck_s], axis=0)
    level = np.exp(-since_s / 0.9) * np.minimum(1.0, since_s / 0.01)
    return (tone(pitch, 0.4) * np.pad(level, round(LEAD_S * SAMPLE_RATE))).astype(np.float32)


def two_notes(low: int, high: int, program: int = GUITAR, at_s: float = 1.0) -> list[Note]:
    """What a network finds where the pitch moves from one key to another `at_s` after the tone began."""
    return [Note(LEAD_S, LEAD_S + at_s, low, 90, program), Note(LEAD_S + at_s, LEAD_S + 2.0, high, 60, program)]


@pytest.mark.parametrize(("low", "high"), [(60, 62), (64, 65), (40, 42), (57, 55)])
def test_a_string_that_is_bent_to_another_key_is_one_note(low: int, high: int) -> None:
    pitch = glide(low, high, 0.3)
    sounds = [whole(30, PIANO), *two_notes(low, high)]
    notes, _ = with_bends(sounds, string(pitch), 0.0)
    (bent,) = [note for note in notes if note.program == GUITAR]
    assert min(low, high) <= bent.pitch <= max(low, high)
    assert (bent.onset_s, bent.offset_s, bent.velocity) == (LEAD_S, LEAD_S + 2.0, 90)
    assert np.percentile(cents_off([bent], pitch, edge_s=0.1), 95) < 12.0


def test_a_string_that_is_bent_up_and_let_down_is_one_note() -> None:
    pitch = np.asarray(glide(60, 62, 0.2) - 2.0 / (1.0 + np.exp(-8.0 * (TIME_S - 1.5) / 0.2)))
    ends_s = LEAD_S, LEAD_S + 1.0, LEAD_S + 1.5, LEAD_S + 2.0
    heard = [Note(*span, key, 90, GUITAR) for span, key in zip(pairwise(ends_s), (60, 62, 60), strict=True)]
    notes, _ = with_bends(heard, string(pitch), 0.0)
    assert [(note.onset_s, note.offset_s, note.pitch) for note in notes] == [(LEAD_S, LEAD_S + 2.0, 60)]


@pytest.mark.parametrize("struck_s", [(0.0, 1.0), (0.0,)], ids=["struck again", "hammered on"])
def test_another_fret_is_another_note(struck_s: tuple[float, ...]) -> None:
    heard = two_notes(60, 62)
    notes, _ = with_bends(heard, string(np.where(TIME_S < 1.0, 60.0, 62.0), struck_s), 0.0)
    assert [(note.onset_s, note.pitch) for note in notes] == [(note.onset_s, note.pitch) for note in heard]


def test_a_voice_that_glides_to_another_key_sings_two_notes() -> None:
    heard = two_notes(60, 62, VOICE)
    notes, _ = with_bends(heard, string(glide(60, 62, 0.3)), 0.0)
    assert [note.pitch for note in notes] == [60, 62]
