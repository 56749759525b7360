import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings, log_frequency_bank
from mp3tomidi.transcribe.front_end.filters import analysis_window as window_array
from mp3tomidi.transcribe.front_end.torch_spectrogram import LogFrequencySpectrogram, MelSpectrogram, magnitude_spectrum
from mp3tomidi.transcribe.front_end.window_names import WINDOWS

RATE = 16_000


def analysis_window(name, length):
    return torch.from_numpy(window_array(name, length))


def sine(hz, amplitude=1.0, seconds=1.0):
    return torch.from_numpy((amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype("f4"))[
        None
    ]


@pytest.mark.parametrize("name", WINDOWS)
def test_a_sine_between_no_bins_shows_its_amplitude_and_frequency(name):
    hz = 100 * RATE / 4096
    spectrum = magnitude_spectrum(sine(hz, 0.3), analysis_window(name, 4096), 320)[0]
    middle = spectrum[len(spectrum) // 2]
    assert int(middle.argmax()) == 100
    assert float(middle[100]) == pytest.approx(0.3, rel=1e-3)


@pytest.mark.parametrize(("name", "side_lobe_db"), [("hann", -31), ("hamming", -40), ("dolph-chebyshev", -95)])
def test_the_windows_side_lobes_are_as_low_as_their_textbooks_say(name, side_lobe_db):
    response = torch.fft.rfft(analysis_window(name, 256), 256 * 64).abs()
    db = 20 * torch.log10(response / response[0] + 1e-12)
    rising = torch.nonzero(db[1:] > db[:-1])[0, 0]  # behind the main lobe
    assert float(db[rising:].max()) <= side_lobe_db


def test_unknown_windows_are_refused():
    with pytest.raises(ValueError, match="no window called 'square'"):
        analysis_window("square", 16)


def test_the_spectrum_is_nnaudios_and_librosas():
    import librosa
    from nnAudio.features import STFT

    sound = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    window = analysis_window("hann", 1024)
    ours = magnitude_spectrum(sound, window, 160)[0].T / float(2 / 512)
    nn_audio = STFT(n_fft=1024, hop_length=160, pad_mode="constant", output_format="Magnitude", verbose=False)(sound)[0]
    theirs = np.abs(librosa.stft(sound[0].numpy(), n_fft=1024, hop_length=160, pad_mode="constant"))
    inside = slice(8, -8)
    assert torch.allclose(ours[:, inside], nn_audio[:, inside], atol=2e-3)
    assert np.allclose(ours.numpy(), theirs, atol=2e-3)


def test_the_mel_spectrogram_is_librosas():
    import librosa

    sound = torch.randn(1, RATE, generator=torch.Generator().manual_seed(1))
    ours = MelSpectrogram(RATE)(sound)[0].T.numpy()
    theirs = librosa.feature.melspectrogram(
        y=sound[0].numpy(), sr=RATE, n_fft=1024, hop_length=160, n_mels=96, fmin=30.0, power=1.0, pad_mode="constant"
    )
    assert np.allclose(ours, theirs * (2 / 512), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("pitch", [33, 48, 69, 96, 108])
def test_a_pitch_peaks_in_its_own_filter(pitch):
    settings = LogFrequencySettings()
    shown = LogFrequencySpectrogram(settings)(sine(440 * 2 ** ((pitch - 69) / 12)))[0]
    expected = round((pitch - settings.lowest_pitch) * settings.bins_per_semitone)
    assert int(shown[0, 25].argmax()) == pytest.approx(expected, abs=0 if pitch > 40 else 1)


@pytest.mark.parametrize("cents", [-45, 25, 45])
def test_the_bank_follows_the_recordings_tuning(cents):
    detuned = sine(440 * 2 ** (cents / 1200))
    in_tune = LogFrequencySpectrogram()(sine(440))[0, 0, 25]
    followed = LogFrequencySpectrogram(tuning_cents=cents)(detuned)[0, 0, 25]
    assert float((followed - in_tune).abs().max()) < 0.06 * float(in_tune.max())


def test_every_partial_is_seen():
    """The filters of either view cover the piano's range without a hole."""
    for length in LogFrequencySettings().window_samples:
        bank = log_frequency_bank(LogFrequencySettings(), length)
        hz = np.fft.rfftfreq(length, 1 / RATE)
        seen = bank.sum(1)[(hz > 27.5) & (hz < 7800)]
        assert seen.min() > 0.3


def test_frame_i_is_centred_on_its_sample():
    click = torch.zeros(1, RATE)
    click[0, 8000] = 1.0
    shown = LogFrequencySpectrogram()(click)[0, 1].sum(1)
    assert shown.shape == (50,)
    assert int(shown.argmax()) == 25
