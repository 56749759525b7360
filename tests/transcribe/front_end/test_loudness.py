import numpy as np
import pytest

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd
from mp3tomidi.transcribe.front_end.loudness import band_loudness, pitch_level, pitch_loudness
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH

SETTINGS = LogFrequencySettings()
LEVEL = np.full(SETTINGS.bin_count, 0.01, np.float32)


def log_odds(value):
    return np.log(value / (1 - value))


def heard(pitch, gain=1.0):
    """The loudness of a tone of four equal partials."""
    time = np.arange(16_000) / 16_000
    hz = 440 * 2 ** ((pitch - 69) / 12)
    sound = gain * sum(np.sin(2 * np.pi * partial * hz * time) for partial in (1, 2, 3, 4))
    view = LogFrequencyFrontEnd(SETTINGS)(sound.astype(np.float32))[0]
    return pitch_loudness(view, LEVEL, SETTINGS)[25]


@pytest.mark.parametrize("pitch", [45, 60, 76])
def test_the_pitch_that_sounds_is_the_loudest(pitch):
    assert heard(pitch).argmax() == pitch - PIANO_LOWEST_PITCH


def test_twice_as_loud_is_six_decibels_more():
    key = 60 - PIANO_LOWEST_PITCH
    assert log_odds(heard(60, 0.2)[key]) - log_odds(heard(60, 0.1)[key]) == pytest.approx(np.log10(2), abs=0.01)


def test_silence_is_sixty_decibels_below_the_level():
    silence = pitch_loudness(np.zeros((3, SETTINGS.bin_count), np.float32), LEVEL, SETTINGS)
    assert silence.shape == (3, 88)
    assert log_odds(silence) == pytest.approx(-3.0, abs=1e-3)
    assert pitch_loudness(np.zeros((0, SETTINGS.bin_count), np.float32), LEVEL, SETTINGS).shape == (0, 88)


def test_bands_are_as_loud_as_their_bins_in_the_mean_against_the_level():
    amplitude = np.zeros((2, 96), np.float32)
    amplitude[1, 12:24] = 0.1
    amplitude[1, 24:36:2] = 0.1
    level = np.repeat(np.float32([1.0, 0.01, 0.1] + 5 * [1.0]), 12)
    silent, sounding = band_loudness(amplitude, level, 8)
    assert silent == pytest.approx(np.full(8, -3.0))
    assert sounding == pytest.approx([-3.0, 1.0, 0.5 * np.log10(0.5)] + 5 * [-3.0], abs=1e-4)
    with pytest.raises(ValueError, match="reshape"):
        band_loudness(amplitude, level, 7)


def test_the_level_of_a_pitch_is_that_of_its_partials_together():
    view = np.full((1, SETTINGS.bin_count), 1e-4, np.float32)
    per_pitch = SETTINGS.bins_per_semitone
    own = round((60 - SETTINGS.lowest_pitch) * per_pitch)
    for partial, amplitude in ((1, 0.3), (2, 0.4)):
        view[0, own + round(12 * per_pitch * np.log2(partial))] = amplitude
    level = pitch_level(view, SETTINGS)
    assert level.shape == (1, 88)
    assert level[0, 60 - PIANO_LOWEST_PITCH] == pytest.approx(np.log10(0.5), abs=1e-4)
    assert pitch_level(np.zeros_like(view), SETTINGS) == pytest.approx(-6.0)
