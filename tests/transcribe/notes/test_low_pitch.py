"""Pitch and level of the lowest band, from sines."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.notes.low_pitch import low_levels_db, low_pitch, low_sound

RATE = 16_000


def sine(hz: float, amplitude: float = 0.5) -> NDArray[np.float32]:
    return (amplitude * np.sin(2.0 * np.pi * hz * np.arange(4 * RATE) / RATE)).astype(np.float32)


@pytest.mark.parametrize("pitch", [25, 28, 33.5, 40, 47])
def test_the_pitch_of_a_sine_is_exact_to_five_cents(pitch: float) -> None:
    sound = low_sound([sine(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))], RATE)
    found, aperiodicity = low_pitch(sound)
    assert len(found) == 400
    np.testing.assert_allclose(found[20:-20], pitch, atol=0.05)
    assert aperiodicity[20:-20].max() < 0.02


def test_noise_has_no_period() -> None:
    noise = np.random.default_rng(3).standard_normal(4 * RATE).astype(np.float32)
    _, aperiodicity = low_pitch(low_sound([noise], RATE))
    assert np.median(aperiodicity) > 0.1


def test_levels_are_those_of_the_band_and_of_what_is_above() -> None:
    band_db, above_db = low_levels_db(low_sound([sine(60.0, 0.5) + sine(300.0, 0.05)], RATE))
    half, twentieth = (20.0 * np.log10(amplitude / np.sqrt(2.0)) for amplitude in (0.5, 0.05))
    np.testing.assert_allclose(band_db[30:-30], half, atol=0.5)
    np.testing.assert_allclose(above_db[30:-30], twentieth, atol=0.5)
    assert low_levels_db(np.zeros(0, np.float32))[0].shape == (0,)
