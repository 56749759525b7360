"""Notes made by formula, so that onset, decay, release and pitch are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.sources.measure import audible_samples, envelope, measure_note, measure_pitch

RATE = 16000
MS = RATE / 1000


def tone(
    pitch: float, seconds: float = 1.5, harmonics: tuple[float, ...] = (1, 0.6, 0.4, 0.3, 0.2), stiffness: float = 0.0
) -> NDArray[np.float32]:
    """Partials of the given amplitudes; `stiffness` spreads them as a stiff string does."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    pitch_hz = 440 * 2 ** ((pitch - 69) / 12)
    sound = np.zeros(len(time_s))
    for number, amplitude in enumerate(harmonics, start=1):
        partial_hz = number * pitch_hz * np.sqrt(1 + stiffness * number**2)
        if partial_hz < 0.48 * RATE:
            sound += amplitude * np.sin(2 * np.pi * partial_hz * time_s + number)
    return (0.2 * sound).astype(np.float32)


def after_silence(sound: NDArray[np.float32], silence_samples: int) -> NDArray[np.float32]:
    return np.concatenate([np.zeros(silence_samples, np.float32), sound])


def decaying(sound: NDArray[np.float32], tau_s: float) -> NDArray[np.float32]:
    return (sound * np.exp(-np.arange(len(sound)) / (tau_s * RATE))).astype(np.float32)


def test_envelope_of_a_sine_is_its_rms() -> None:
    steady = envelope(tone(81, harmonics=(1.0,)), RATE)[RATE // 2 : RATE]  # 880 Hz
    np.testing.assert_allclose(steady, 0.2 / np.sqrt(2), rtol=0.15)
    assert np.mean(steady**2) == pytest.approx(0.02, rel=0.01)


@pytest.mark.parametrize("pitch", [33, 45, 60, 84, 100])
@pytest.mark.parametrize("start", [0, 100, 1003])
def test_sudden_onset_is_found_within_2_ms(pitch: int, start: int) -> None:
    sound = after_silence(decaying(tone(pitch), 0.3), start)
    measure = measure_note(sound, len(sound), RATE)
    assert measure is not None
    assert abs(measure.onset_samples - start) < 2 * MS


def test_click_is_found_within_2_ms() -> None:
    sound = np.zeros(RATE, np.float32)
    sound[800] = 1.0
    measure = measure_note(sound, len(sound), RATE)
    assert measure is not None
    assert abs(measure.onset_samples - 800) < 2 * MS


@pytest.mark.parametrize("rise_s", [0.02, 0.1, 0.4])
def test_slow_onset_is_where_a_quarter_of_the_peak_is_passed(rise_s: float) -> None:
    ramp = np.minimum(1.0, np.arange(RATE) / (rise_s * RATE))
    noise = np.sign(np.sin(np.arange(RATE) * 1.9))  # a steady envelope of 1
    sound = after_silence((0.1 * ramp * noise).astype(np.float32), 500)
    measure = measure_note(sound, len(sound), RATE)
    assert measure is not None
    assert abs(measure.onset_samples - (500 + 0.25 * rise_s * RATE)) < 2 * MS


def test_later_swell_does_not_move_the_onset() -> None:
    sound = tone(60, seconds=2.0)
    sound[: RATE * 7 // 10] *= 0.1
    measure = measure_note(sound, len(sound), RATE)
    assert measure is not None
    assert measure.onset_samples < 2 * MS


@pytest.mark.parametrize("tau_s", [0.05, 0.2])
def test_note_that_dies_away_sounds_for_40_db(tau_s: float) -> None:
    sound = decaying(tone(72), tau_s)
    measure = measure_note(sound, len(sound), RATE)
    assert measure is not None
    assert measure.sounding_samples / RATE == pytest.approx(tau_s * np.log(100), abs=0.012)


def test_held_note_sounds_until_its_release() -> None:
    measure = measure_note(tone(60, seconds=1.5), RATE, RATE)
    assert measure is not None
    assert measure.sounding_samples == RATE


@pytest.mark.parametrize("tau_s", [0.02, 0.1, 0.3, 1.0])
def test_release_tau_is_read_from_the_tail(tau_s: float) -> None:
    sound = tone(96, seconds=2.0)
    sound[RATE:] = decaying(sound[RATE:], tau_s)
    measure = measure_note(sound, RATE, RATE)
    assert measure is not None
    assert measure.release_tau_s == pytest.approx(tau_s, rel=0.05)


def test_level_is_the_peak_rms() -> None:
    sound = 0.5 * np.sign(np.sin(np.arange(RATE) * 1.9)).astype(np.float32)
    measure = measure_note(sound, RATE, RATE)
    assert measure is not None
    assert measure.level == pytest.approx(0.5, rel=1e-3)


def test_silence_has_no_measure() -> None:
    assert measure_note(np.zeros(RATE, np.float32), RATE, RATE) is None


def test_audible_samples_end_60_db_down() -> None:
    sound = decaying(tone(72, seconds=2.0), 0.1)
    assert audible_samples(sound, RATE) / RATE == pytest.approx(0.1 * np.log(1000), abs=0.012)
    assert audible_samples(np.zeros(100, np.float32), RATE) == 0


@pytest.mark.parametrize(
    ("pitch", "cents"), [(28, -72), (28, 58), (40, -33), (52, 0), (69, 12), (84, 58), (100, -72), (100, -33)]
)
def test_deviation_is_measured(pitch: int, cents: int) -> None:
    measured = measure_pitch(decaying(tone(pitch + cents / 100), 1.0), pitch, RATE)
    assert measured.octave == 0
    assert measured.cents == pytest.approx(cents, abs=2)


def test_stiff_string_is_in_tune() -> None:
    measured = measure_pitch(tone(28, harmonics=(0.3, 0.6, 1, 0.8, 0.6, 0.5, 0.4, 0.3), stiffness=2e-4), 28, RATE)
    assert measured.cents == pytest.approx(0, abs=15)


def test_missing_fundamental_keeps_its_pitch() -> None:
    measured = measure_pitch(tone(33, harmonics=(0, 0.8, 1, 0.7, 0.5, 0.3)), 33, RATE)
    assert measured.octave == 0
    assert measured.cents == pytest.approx(0, abs=4)


def test_bells_and_noise_are_unsure() -> None:
    time_s = np.arange(RATE) / RATE
    bell = sum(np.sin(2 * np.pi * 262 * ratio * time_s) for ratio in (0.56, 0.92, 1.19, 1.71, 2.74, 3.76))
    assert measure_pitch(np.asarray(bell, np.float32), 60, RATE).cents is None
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    for pitch in (28, 60, 90):
        assert measure_pitch(noise, pitch, RATE).cents is None


@pytest.mark.parametrize("octave", [-1, 0, 1, 2])
@pytest.mark.parametrize("pitch", [45, 60, 76])
def test_octave_that_sounds_is_found(pitch: int, octave: int) -> None:
    assert measure_pitch(tone(pitch + 12 * octave, harmonics=(1, 0.7, 0.5, 0.3)), pitch, RATE).octave == octave


def test_hollow_and_suboctave_timbres_keep_their_octave() -> None:
    assert measure_pitch(tone(60, harmonics=(1, 0, 0.6, 0, 0.4)), 60, RATE).octave == 0
    organ = tone(60) + 0.5 * tone(48, harmonics=(1.0,))
    assert measure_pitch(organ, 60, RATE).octave == 0
