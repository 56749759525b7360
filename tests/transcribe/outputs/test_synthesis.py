"""The built-in player against what is known of a tone."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_regressions.ndarrays_regression import NDArraysRegressionFixture

from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.outputs.synthesis import SAMPLE_RATE, play


def sound(*notes: Note, duration_s: float, **others: object) -> NDArray[np.float32]:
    return np.concatenate(list(play(Transcription(notes=notes, duration_s=duration_s, **others))))  # type: ignore[arg-type]


def rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


@pytest.mark.parametrize(("pitch", "cents"), [(33, 0.0), (69, 0.0), (69, 35.0), (100, -20.0)])
def test_a_note_sounds_at_its_pitch_in_the_recordings_tuning(pitch: int, cents: float) -> None:
    samples = sound(Note(0.5, 2.5, pitch, 100), duration_s=3.0, tuning_cents=cents)
    part = samples[SAMPLE_RATE : 2 * SAMPLE_RATE] * np.hanning(SAMPLE_RATE)
    spectrum = np.abs(np.fft.rfft(part, 8 * SAMPLE_RATE))
    expected_hz = 440.0 * 2 ** ((pitch - 69) / 12 + cents / 1200)
    assert np.argmax(spectrum) / 8 == pytest.approx(expected_hz, abs=0.13)


def test_it_begins_and_ends_on_time() -> None:
    samples = sound(Note(4.9, 5.3, 60, 100), duration_s=12.0)  # across the blocks' border
    assert len(samples) == 12 * SAMPLE_RATE
    audible = np.flatnonzero(np.abs(samples) > 1e-3 * np.abs(samples).max())
    assert audible[0] / SAMPLE_RATE == pytest.approx(4.9, abs=0.001)
    before, after = samples[round(5.25 * SAMPLE_RATE) :][:2205], samples[round(5.4 * SAMPLE_RATE) :][:2205]
    assert rms(after) < 0.2 * rms(before)
    assert not samples[round(6.0 * SAMPLE_RATE) :].any()


def test_loudness_goes_with_the_square_of_velocity_and_notes_add_up() -> None:
    soft, loud = (sound(Note(0.0, 1.0, 60, velocity), duration_s=1.5) for velocity in (40, 120))
    assert rms(loud) / rms(soft) == pytest.approx(9.0, rel=1e-4)
    both = sound(Note(0.0, 1.0, 60, 40), Note(0.5, 1.0, 72, 90), duration_s=1.5)
    np.testing.assert_allclose(both, soft + sound(Note(0.5, 1.0, 72, 90), duration_s=1.5), atol=1e-6)


def test_every_drum_key_is_heard_and_the_same_each_time() -> None:
    hits = tuple(DrumHit(0.5 * index, key, 100) for index, key in enumerate(range(27, 88)))
    transcription = Transcription(drum_hits=hits, duration_s=31.0)
    samples, again = (np.concatenate(list(play(transcription))) for _ in range(2))
    np.testing.assert_array_equal(samples, again)
    half = SAMPLE_RATE // 2
    assert all(rms(samples[index * half : (index + 1) * half]) > 1e-3 for index in range(len(hits)))


def test_silence_is_as_long_as_the_recording() -> None:
    assert not sound(duration_s=6.25).any()
    assert len(sound(duration_s=6.25)) == round(6.25 * SAMPLE_RATE)
    assert list(play(Transcription(duration_s=0.0))) == []


def test_five_minutes_take_seconds() -> None:
    rng = np.random.default_rng(0)
    starts_s = rng.uniform(0.0, 300.0, 3000)
    notes = tuple(Note(t, t + rng.exponential(0.5) + 0.05, int(rng.integers(30, 90)), 80) for t in starts_s)
    before_s = time.process_time()
    for _ in play(Transcription(notes=notes, duration_s=301.0)):
        pass
    assert time.process_time() - before_s < 5.0  # 1.2 s on an idle core


def test_a_note_fades_to_a_part_in_e_in_the_time_that_is_said_for_middle_c() -> None:
    samples = sound(Note(0.0, 4.0, 60, 100), duration_s=4.0)
    first, second = (rms(samples[round(at_s * SAMPLE_RATE) :][: SAMPLE_RATE // 2]) for at_s in (1.9, 3.0))
    assert np.log(first / second) == pytest.approx(1.1 / 1.6, rel=0.01)


def test_the_attack_rises_to_the_full_amplitude_and_no_further() -> None:
    samples = np.abs(sound(Note(0.0, 1.0, 96, 127), duration_s=1.0))  # 2,093 Hz: eight periods in the attack
    period = round(SAMPLE_RATE / 2093.0)
    peaks = [samples[start : start + period].max() for start in range(0, 12 * period, period)]
    assert peaks[0] < 0.25 * peaks[-1]
    assert max(peaks[:9]) < 1.01 * max(peaks[9:])


def test_the_same_transcription_gives_the_same_samples(ndarrays_regression: NDArraysRegressionFixture) -> None:
    """Those that are stored; `pytest --force-regen` stores others, where tones are changed on purpose."""
    notes = tuple(Note(0.2 * index, 0.2 * index + 0.15, pitch, 127 - index) for index, pitch in enumerate((24, 60, 99)))
    bent = Note(0.6, 1.4, 72, 90, bend=((0.6, 0.0), (1.4, 200.0)))
    keys = (36, 38, 41, 48, 42, 46, 49, 51, 75)
    hits = tuple(DrumHit(1.5 + 0.25 * index, key, 100) for index, key in enumerate(keys))
    samples = sound(*notes, bent, drum_hits=hits, tuning_cents=12.0, duration_s=5.2)
    ndarrays_regression.check({"samples": samples[::61]}, default_tolerance={"rtol": 0.0, "atol": 1e-4})


def test_a_drum_is_struck_an_octave_higher_than_it_rings() -> None:
    samples = np.concatenate(list(play(Transcription(drum_hits=(DrumHit(0.0, 45, 127),), duration_s=1.0))))
    crossings = np.flatnonzero(np.diff(np.signbit(samples[: SAMPLE_RATE // 3])))
    half_periods = np.diff(crossings)
    assert half_periods[-2] / half_periods[0] == pytest.approx(1.8, abs=0.25)
    assert (np.diff(half_periods) >= -1).all()
