import numpy as np
import pytest

from mp3tomidi.transcribe.front_end.filters import analysis_window
from mp3tomidi.transcribe.front_end.log_frequency import magnitude_spectra
from mp3tomidi.transcribe.front_end.tuning import tuning_cents, tuning_votes

RATE = 16_000


def estimate(sound):
    spectrum = np.concatenate(list(magnitude_spectra(sound.astype(np.float32), analysis_window("hann", 4096), 320)))
    return tuning_cents(*tuning_votes(spectrum, RATE))


def chord(cents, pitches=(57, 61, 64, 69), partials=5):
    time = np.arange(3 * RATE) / RATE
    return (
        sum(
            np.sin(2 * np.pi * k * 440 * 2 ** ((p - 69 + cents / 100) / 12) * time) / k**1.5
            for p in pitches
            for k in range(1, partials + 1)
        )
        * 0.1
    )


@pytest.mark.parametrize("cents", [-45, -40, -20, 0, 10, 30, 45])
def test_a_chord_of_known_tuning(cents):
    assert estimate(chord(cents)) == pytest.approx(cents, abs=4)


def test_noise_and_silence_are_taken_for_440_hz():
    assert estimate(np.random.default_rng(0).standard_normal(3 * RATE) * 0.1) == 0.0
    assert estimate(np.zeros(RATE)) == 0.0
