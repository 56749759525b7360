"""The spectra are librosa's, and a sine stands where and as high as it should."""

import librosa
import numpy as np
import pytest

from mp3tomidi.augment.pictures.analysis import Analysis, decibels, pitch_hz
from mp3tomidi.augment.pictures.settings import AnalysisSettings

RATE = 22_050
SETTINGS = AnalysisSettings(window_samples=1024, hop_samples=256)


def sine(hz: float, amplitude: float = 0.5, duration_s: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(duration_s * RATE)) / RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def noisy() -> Analysis:
    noise = 0.05 * np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32)
    return Analysis(noise + sine(440.0, duration_s=2.0) + sine(1244.5, 0.2, 2.0), RATE, SETTINGS)


def librosas_spectrum(analysis: Analysis) -> np.ndarray:
    """Amplitudes [frames, bins] where a full-scale sine shows 1."""
    settings = analysis.settings
    spectrum = librosa.stft(
        analysis.sound, n_fft=settings.window_samples, hop_length=settings.hop_samples, pad_mode="constant"
    )
    return np.abs(spectrum).T[: analysis.frame_count] * 4.0 / settings.window_samples


def test_the_spectrum_is_librosas(noisy: Analysis) -> None:
    expected = librosas_spectrum(noisy)
    assert noisy.spectrum.shape == (173, 513)
    np.testing.assert_allclose(noisy.spectrum, expected, atol=2e-6)
    np.testing.assert_allclose(noisy.peak_spectrum, expected.max(axis=0), atol=2e-6)
    np.testing.assert_allclose(noisy.mean_spectrum, np.sqrt(np.square(expected).mean(axis=0)), atol=2e-6)
    np.testing.assert_allclose(noisy.spectrum_hz, librosa.fft_frequencies(sr=RATE, n_fft=1024))


def test_mel_and_mfcc_are_librosas(noisy: Analysis) -> None:
    bank = librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=96, fmin=30.0)
    mel = librosas_spectrum(noisy) @ bank.T
    np.testing.assert_allclose(noisy.mel, mel, atol=1e-6)
    np.testing.assert_allclose(noisy.mel_hz, librosa.mel_frequencies(98, fmin=30.0, fmax=RATE / 2)[1:-1])
    mfcc = librosa.feature.mfcc(S=librosa.amplitude_to_db(mel.T, ref=1.0, amin=1e-10, top_db=80.0), n_mfcc=20)
    np.testing.assert_allclose(noisy.mfcc, mfcc.T, atol=1e-2)


def test_the_constant_q_transform_is_librosas() -> None:
    """librosa filters at falling sample rates, so the two agree where there is sound, not in the noise between."""
    partials = [sine(float(pitch_hz(pitch)), 0.1, 6.0) for pitch in (60, 69.3, 80, 95, 110)]
    noisy = Analysis(np.sum(partials, axis=0, dtype=np.float32), RATE, AnalysisSettings(hop_samples=256))
    hertz = pitch_hz(noisy.band_pitches)
    scaled = librosa.cqt(
        noisy.sound,
        sr=RATE,
        hop_length=256,
        fmin=27.5,
        n_bins=len(hertz),
        bins_per_octave=36,
        tuning=0.0,
        pad_mode="constant",
    )
    lengths, _ = librosa.filters.wavelet_lengths(freqs=hertz, sr=RATE)
    expected = 2.0 * np.abs(scaled).T[: noisy.frame_count] / np.sqrt(lengths)
    inside = slice(200, -200)  # the lowest kernels last two seconds
    loud = expected[inside] > 0.01
    assert loud.any(axis=0).sum() > 12
    np.testing.assert_allclose(noisy.constant_q[inside][loud], expected[inside][loud], rtol=0.03)


@pytest.mark.parametrize(
    ("kind", "pitch"),
    [("constant_q", 33), ("constant_q", 69), ("constant_q", 100), ("log_frequency", 57), ("log_frequency", 100)],
)
def test_a_sine_stands_in_the_band_of_its_pitch(kind: str, pitch: int) -> None:
    settings = AnalysisSettings(window_samples=8192, hop_samples=512)
    analysis = Analysis(sine(float(pitch_hz(pitch)), 0.5, 4.0), RATE, settings)
    frame = getattr(analysis, kind)[analysis.frame_count // 2]
    assert analysis.band_pitches[int(frame.argmax())] == pytest.approx(pitch)
    if kind == "constant_q":
        assert decibels(frame).max() == pytest.approx(-6.0, abs=0.1)


def test_a_click_at_the_very_end_is_seen() -> None:
    sound = np.zeros(1000, np.float32)
    sound[-1] = 1.0
    analysis = Analysis(sound, RATE, AnalysisSettings(window_samples=64, hop_samples=32))
    assert analysis.spectrum.shape[0] == analysis.mel.shape[0] == analysis.constant_q.shape[0] == 32
    assert analysis.spectrum[-1].max() > 0.01


def test_nothing_is_no_error() -> None:
    analysis = Analysis(np.zeros(0, np.float32), RATE, SETTINGS)
    assert analysis.spectrum.shape == (0, 513)
    assert analysis.constant_q.shape[0] == analysis.mfcc.shape[0] == analysis.log_frequency.shape[0] == 0
    assert analysis.peak_spectrum.max() == 0.0


@pytest.mark.parametrize(
    "wrong", [{"window": "square"}, {"frequency": "bark"}, {"window_samples": 1023}, {"hop_samples": 0}]
)
def test_what_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"no window|no scale|an even number|a hop"):
        AnalysisSettings(**wrong)
