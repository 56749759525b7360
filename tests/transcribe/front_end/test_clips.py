import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.front_end.clips import LEAD_S, RANGE_DB, ClipFrontEnd
from mp3tomidi.transcribe.front_end.torch_spectrogram import LogFrequencySpectrogram
from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings

SETTINGS = ClipSpectrogramNetSettings()
RATE = SETTINGS.front_end.sample_rate
SHAPE = (2, SETTINGS.clip_frames, SETTINGS.front_end.bin_count)


def stroke(length_s=0.5, tau_s=0.1, hz=440.0):
    time_s = np.arange(round(length_s * RATE)) / RATE
    return (0.5 * np.cos(2 * np.pi * hz * time_s) * np.exp(-time_s / tau_s)).astype(np.float32)


def test_what_is_seen_is_what_torch_computes_of_the_same_clip():
    front_end = ClipFrontEnd(SETTINGS)
    clip = torch.from_numpy(front_end.clip(stroke()))
    assert clip.abs().max() == 1.0
    amplitude = LogFrequencySpectrogram(SETTINGS.front_end)(clip[None])[0]
    expected = 1.0 + (20.0 * torch.log10(amplitude + 10 ** (-RANGE_DB / 20))) / (RANGE_DB / 2)
    assert np.allclose(front_end(stroke()), expected.numpy(), atol=1e-3)  # 0.04 dB


@pytest.mark.parametrize("late_s", [0.0, 0.02, 0.3, 2.0])
@pytest.mark.parametrize("gain", [0.01, 1.9])
def test_neither_silence_before_a_sample_nor_its_level_is_seen(late_s, gain):
    plain = ClipFrontEnd(SETTINGS)(stroke())
    late = np.concatenate([np.zeros(round(late_s * RATE), np.float32), np.float32(gain) * stroke()])
    assert np.allclose(ClipFrontEnd(SETTINGS)(late), plain, atol=1e-3)


def test_the_onset_is_where_it_is_said_to_be():
    clip = ClipFrontEnd(SETTINGS).clip(np.concatenate([np.zeros(5000, np.float32), stroke()]))
    assert np.flatnonzero(clip)[0] == round(LEAD_S * RATE)


@pytest.mark.parametrize("length", [1, 100, RATE, 20 * RATE])
def test_sounds_of_any_length_are_seen_alike(length):
    seen = ClipFrontEnd(SETTINGS)(np.full(length, 0.1, np.float32))
    assert seen.shape == SHAPE
    assert np.isfinite(seen).all()
    assert seen.min() >= -1.0 - 1e-6


@pytest.mark.parametrize(
    "sound", [np.zeros(0, np.float32), np.zeros(9000, np.float32), np.full(9000, 9e-5, np.float32)]
)
def test_silence_is_refused(sound):
    with pytest.raises(ValueError, match="silence"):
        ClipFrontEnd(SETTINGS)(sound)
