import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.front_end import survey as module
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.normalisation import band_level, band_power
from mp3tomidi.transcribe.front_end.torch_spectrogram import LogFrequencySpectrogram

SETTINGS = LogFrequencySettings()
RATE = SETTINGS.sample_rate


def music(seconds=20.0):
    """Decaying tones over a little noise."""
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * RATE)) / RATE
    sound = rng.standard_normal(len(time)) * 1e-3
    for start in np.sort(rng.uniform(0, seconds - 0.5, 150)):
        since = np.maximum(time - start, 0)
        hz = 440 * 2 ** (rng.integers(-24, 24) / 12)
        sound += 0.1 * (time >= start) * np.exp(-4 * since) * np.sin(2 * np.pi * hz * since)
    return sound.astype(np.float32)


def test_the_level_is_that_of_all_frames():
    sound = music()
    amplitude = LogFrequencySpectrogram(SETTINGS)(torch.from_numpy(sound)[None])
    of_training = band_level(band_power(amplitude), SETTINGS.bins_per_semitone)[0].numpy()
    found = module.survey([sound], SETTINGS)
    sounding = of_training > 0.03 * of_training.max()
    assert np.abs(20 * np.log10(found.level / of_training))[sounding].max() < 1.0
    assert found.sample_count == len(sound)


def test_the_same_power_gives_the_same_level_as_in_training():
    power = np.random.default_rng(0).uniform(0, 1, (2, 336)) ** 4
    of_training = band_level(torch.from_numpy(power)[None], 3)[0].numpy()
    assert module.band_level(power, 3) == pytest.approx(of_training, rel=1e-5)


def test_blocks_add_up():
    sound = music()
    whole = module.survey([sound], SETTINGS)
    in_blocks = module.survey(np.split(sound, [RATE * 7, RATE * 13]), SETTINGS)
    sounding = whole.level > 0.03 * whole.level.max()
    assert np.abs(20 * np.log10(in_blocks.level / whole.level))[sounding].max() < 1.5  # training moves levels by more
    assert in_blocks.tuning_cents == pytest.approx(whole.tuning_cents, abs=1.0)
    assert in_blocks.sample_count == whole.sample_count


def test_silence_around_the_music_does_not_move_its_level():
    sound = music()
    silence = np.zeros(RATE * 30, np.float32)
    alone = module.survey([sound], SETTINGS).level
    padded = module.survey([silence, sound, silence], SETTINGS).level
    sounding = alone > 0.03 * alone.max()
    assert np.abs(20 * np.log10(padded / alone))[sounding].max() < 0.1  # 6 dB where silence counts


def test_no_sound_has_a_level_too():
    for blocks in ([], [np.zeros(0, np.float32)], [np.zeros(100, np.float32)]):
        found = module.survey(blocks, SETTINGS)
        assert (found.level > 0).all()
        assert found.tuning_cents == 0.0
