import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.front_end import log_frequency
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings, log_frequency_bank
from mp3tomidi.transcribe.front_end.torch_spectrogram import LogFrequencySpectrogram

SETTINGS = LogFrequencySettings()


@pytest.mark.parametrize("samples", [16_000, 8_123, 320, 319])
@pytest.mark.parametrize("cents", [0.0, -31.0])
def test_it_is_the_front_end_of_training(samples, cents):
    sound = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    ours = log_frequency.LogFrequencyFrontEnd(SETTINGS, tuning_cents=cents)(sound)
    theirs = LogFrequencySpectrogram(SETTINGS, tuning_cents=cents)(torch.from_numpy(sound)[None])[0].numpy()
    assert ours.shape == (2, samples // 320, 336)
    assert ours.dtype == np.float32
    assert np.allclose(ours, theirs, atol=1e-6)


def test_a_bank_in_pieces_is_the_bank():
    rng = np.random.default_rng(0)
    bank = log_frequency_bank(SETTINGS, 1024)
    bank[:, -5:] = 0.0  # empty filters, as at the top of a low sample rate
    spectrum = rng.uniform(0, 1, (7, 513)).astype(np.float32)
    assert np.allclose(log_frequency.FilterBank(bank)(spectrum), spectrum @ bank, atol=1e-5)
