"""Attack, sustain and release of notes whose envelopes are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd, LogFrequencySettings
from mp3tomidi.transcribe.front_end.loudness import pitch_level
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.notes.envelopes import with_envelopes

RATE = 16_000
SETTINGS = LogFrequencySettings()
TIME_S = np.arange(4 * RATE) / RATE

Wave = NDArray[np.float64]


def tone(
    pitch: int,
    onset_s: float,
    attack_s: float,
    sustain_db: float,
    length_s: float,
    release_s: float,
    level: float = 0.2,
) -> Wave:
    """Rises in a straight line, falls to the sustain in 80 ms, and at the end to silence, by as many dB in each moment.

    release_s: until it is 40 dB under its loudest.
    """
    time_s = TIME_S - onset_s
    rise = np.clip(time_s / max(attack_s, 1e-6), 0.0, 1.0)
    held_db = sustain_db * np.clip((time_s - attack_s) / 0.08, 0.0, 1.0)
    fall_db = (40.0 + sustain_db) * np.maximum(time_s - length_s, 0.0) / release_s
    hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2.0 * np.pi * k * hz * time_s) / k for k in (1, 2, 3, 4, 5, 6))
    return np.asarray(level * rise * 10.0 ** ((held_db - fall_db) / 20.0) * wave)


def measured(sound: Wave, *notes: Note) -> list[Note]:
    view = LogFrequencyFrontEnd(SETTINGS)(sound.astype(np.float32))[int(np.argmin(SETTINGS.window_samples))]
    level = pitch_level(view, SETTINGS)
    nothing = np.zeros_like(level)
    return with_envelopes(notes, Activations(nothing, nothing, nothing, nothing, nothing, SETTINGS.hop_s, None, level))


@pytest.mark.parametrize("pitch", [48, 60, 76])
@pytest.mark.parametrize("onset_s", [0.5, 0.507, 0.513])
@pytest.mark.parametrize(
    ("attack_s", "sustain_db", "length_s", "release_s"),
    [
        (0.001, 0.0, 1.0, 0.01),
        (0.01, -6.0, 1.0, 0.1),
        (0.06, -12.0, 0.8, 0.3),
        (0.1, -3.0, 1.0, 0.05),
        (0.2, -20.0, 1.5, 0.2),
        (0.5, -6.0, 1.5, 0.9),
        (0.02, -6.0, 0.3, 0.1),
    ],
)
def test_a_note_alone_is_measured(
    pitch: int, onset_s: float, attack_s: float, sustain_db: float, length_s: float, release_s: float
) -> None:
    sound = tone(pitch, onset_s, attack_s, sustain_db, length_s, release_s)
    (note,) = measured(sound, Note(onset_s, onset_s + length_s, pitch, 80))
    assert note.attack_s == pytest.approx(attack_s, abs=0.025)
    assert note.sustain_db == pytest.approx(sustain_db, abs=2.0)
    assert note.release_s == pytest.approx(release_s, abs=0.02)


@pytest.mark.parametrize("level", [0.001, 0.7])
def test_its_own_level_does_not_matter(level: float) -> None:
    (note,) = measured(tone(60, 0.5, 0.06, -12.0, 0.8, 0.3, level), Note(0.5, 1.3, 60, 80))
    assert note.attack_s == pytest.approx(0.06, abs=0.025)
    assert note.sustain_db == pytest.approx(-12.0, abs=1.5)
    assert note.release_s == pytest.approx(0.3, abs=0.02)


def test_notes_that_share_no_partials_are_measured_apart() -> None:
    """A slow note and, while it lasts, a quick one a tritone above."""
    sound = tone(60, 0.5, 0.4, -3.0, 2.0, 0.3) + tone(66, 1.0, 0.005, -20.0, 0.5, 0.1)
    slow, quick = measured(sound, Note(0.5, 2.5, 60, 80), Note(1.0, 1.5, 66, 80))
    assert slow.attack_s == pytest.approx(0.4, abs=0.03)
    assert quick.attack_s == pytest.approx(0.005, abs=0.02)


def test_an_octave_that_begins_later_ends_the_measurement() -> None:
    sound = tone(60, 0.5, 0.02, -12.0, 2.0, 0.3) + tone(72, 1.5, 0.02, 0.0, 1.0, 0.3, 0.6)
    lower, _ = measured(sound, Note(0.5, 2.5, 60, 80), Note(1.5, 2.5, 72, 80))
    assert lower.attack_s == pytest.approx(0.02, abs=0.02)
    assert lower.sustain_db == pytest.approx(-12.0, abs=2.5)


@pytest.mark.filterwarnings("error")
def test_a_key_struck_again_at_once_has_no_release() -> None:
    sound = tone(60, 0.5, 0.01, -3.0, 0.5, 0.05) + tone(60, 1.0, 0.01, -3.0, 0.5, 0.05)
    first, second = measured(sound, Note(0.5, 1.0, 60, 80), Note(1.0, 1.5, 60, 80))
    assert first.release_s == 0.0
    assert second.release_s == pytest.approx(0.05, abs=0.02)


def test_noise_ends_a_release_where_it_drowns_it() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.002, len(TIME_S))
    (note,) = measured(tone(60, 0.5, 0.01, 0.0, 1.0, 0.4) + noise, Note(0.5, 1.5, 60, 80))
    assert note.release_s is not None
    assert 0.15 < note.release_s < 0.42


@pytest.mark.filterwarnings("error")
def test_what_ends_with_the_recording_and_a_note_of_a_moment_are_measured_too() -> None:
    sound = tone(60, 3.5, 0.02, 0.0, 1.0, 0.1)
    late, short = measured(sound, Note(3.5, 4.6, 60, 80), Note(0.01, 0.015, 40, 80))
    assert late.release_s == 0.0
    assert late.attack_s == pytest.approx(0.02, abs=0.02)
    assert short.attack_s is not None


def test_without_levels_nothing_is_measured() -> None:
    nothing = np.zeros((10, 88), np.float32)
    note = Note(0.0, 0.1, 60, 80)
    assert with_envelopes([note], Activations(nothing, nothing, nothing, nothing, nothing, 0.02)) == [note]
