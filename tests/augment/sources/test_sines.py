"""Instruments of sines: their pitch, their overtones and how they end."""

import numpy as np
import pytest

from mp3tomidi.augment.sources import sines
from mp3tomidi.augment.sources.sines import HELD_S, Sines, Tone, sound
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.transcribe.instruments import FAMILIES, PROGRAMS

PLAIN = Tone("plain", "synth", 80, range(60, 61), (1.0,), attack_s=0.005)


def spectrum(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    middle = samples[SAMPLE_RATE : 2 * SAMPLE_RATE]
    return np.fft.rfftfreq(len(middle), 1 / SAMPLE_RATE), np.abs(np.fft.rfft(middle * np.hanning(len(middle))))


@pytest.mark.parametrize("pitch", [24, 45, 69, 96])
def test_a_sine_has_its_pitch_and_nothing_else(pitch: int) -> None:
    hz, amplitude = spectrum(sound(PLAIN, pitch, np.random.default_rng(0)))
    expected = 440 * 2 ** ((pitch - 69) / 12)
    assert abs(hz[amplitude.argmax()] - expected) <= 1
    assert amplitude[np.abs(hz - expected) > 5].max() < 3e-3 * amplitude.max()


def test_a_glide_begins_high_and_ends_at_the_pitch() -> None:
    glides = Tone("808", "bass", 38, range(24, 56), (1.0,), attack_s=0.002, glide=3.0)
    samples = sound(glides, 33, np.random.default_rng(0))
    hz, amplitude = spectrum(samples)
    assert abs(hz[amplitude.argmax()] - 55) <= 1
    crossings = np.flatnonzero(np.diff(np.sign(samples[:800])) != 0)  # 50 ms: 5 half waves at 55 Hz
    assert len(crossings) > 8


def test_drive_adds_overtones() -> None:
    hz, amplitude = spectrum(
        sound(Tone("x", "bass", 38, range(1), (1.0,), 0.002, drive=4.0), 45, np.random.default_rng(0))
    )
    third = amplitude[np.abs(hz - 330) < 3].max()
    assert third > 0.1 * amplitude.max()


def test_no_overtone_is_folded_back() -> None:
    rich = Tone("x", "keys", 16, range(1), (1.0, 1.0, 1.0, 1.0), attack_s=0.005)
    hz, amplitude = spectrum(sound(rich, 96, np.random.default_rng(0)))  # 2,093 Hz: the fourth would be at 8,372
    expected = 440 * 2 ** (27 / 12)
    near = np.min([np.abs(hz - number * expected) for number in (1, 2, 3)], axis=0) < 5
    assert amplitude[~near].max() < 1e-3 * amplitude.max()


def test_a_note_is_held_and_released() -> None:
    samples = np.abs(sound(PLAIN, 60, np.random.default_rng(0)))
    held = round(HELD_S * SAMPLE_RATE)
    assert samples[held - 800 : held].max() > 0.9
    assert samples[held + 4800 :].max() < 0.001


def test_the_bank_has_two_dozen_instruments_of_known_programs_and_is_the_same_again() -> None:
    first, again = (list(Sines().instruments()) for _ in range(2))
    assert len({instrument.name for instrument in first}) == len(first) == 24
    for instrument in first:
        assert instrument.family in FAMILIES
        assert PROGRAMS[instrument.program].family == instrument.family
    one, same = next(iter(first[0].notes)), next(iter(again[0].notes))
    assert np.array_equal(one.samples, same.samples)
    assert np.abs(one.samples).max() <= sines.LEVEL
