"""A sound as spectra over time: DFT, log-frequency, mel, constant-Q, MFCC and the peak spectrum.

Made by the networks' own front ends, so that it shows what a network gets. Every spectrogram has
[frames, bins], ceil(samples / hop) frames, of which frame i is centred on sample i * hop; amplitudes are such that a
sine at full scale shows 1 (0 dB). Log-frequency and mel bands are sums of several bins, as networks get them: a sine
stands some dB higher in the former, and in the latter, whose filters have equal area, lower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mp3tomidi.augment.pictures.settings import AnalysisSettings
from mp3tomidi.transcribe.array_types import Float32Array
from mp3tomidi.transcribe.front_end.filters import (
    A4_HZ,
    A4_PITCH,
    SEMITONES_PER_OCTAVE,
    LogFrequencySettings,
    analysis_window,
    log_frequency_bank,
)
from mp3tomidi.transcribe.front_end.log_frequency import FilterBank, magnitude_spectra
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH

BINS_PER_SEMITONE = 3  # of log-frequency and constant-Q spectrograms, as NoteNet's
LOWEST_PITCH = PIANO_LOWEST_PITCH
LOWEST_MEL_HZ = 30.0
_HIGHEST_SHARE = 0.49  # of the sample rate: centre of the highest band
_SILENCE = 1e-10
_FRAMES_AT_ONCE = 64


@dataclass(frozen=True)
class Analysis:
    """Spectra of mono sound [samples], each computed when it is first asked for.

    `before` and `after` are what precedes and follows the sound, so that its edges look like its middle.
    """

    sound: Float32Array
    sample_rate: int
    settings: AnalysisSettings
    before: Float32Array = field(default_factory=lambda: np.zeros(0, np.float32))
    after: Float32Array = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def hop_s(self) -> float:
        return self.settings.hop_samples / self.sample_rate

    @property
    def frame_count(self) -> int:
        return -(-len(self.sound) // self.settings.hop_samples)

    @cached_property
    def spectrum(self) -> Float32Array:
        """Amplitudes of the DFT [frames, window // 2 + 1]."""
        blocks = list(magnitude_spectra(self._padded, self._window, self.settings.hop_samples))
        bins = self.settings.window_samples // 2 + 1
        spectra = np.concatenate(blocks).astype(np.float32) if blocks else np.zeros((0, bins), np.float32)
        return spectra[self._frames]

    @cached_property
    def spectrum_hz(self) -> NDArray[np.float64]:
        return np.asarray(np.fft.rfftfreq(self.settings.window_samples, 1.0 / self.sample_rate), np.float64)

    @cached_property
    def peak_spectrum(self) -> Float32Array:
        """The highest amplitude that each bin of the DFT ever has [window // 2 + 1]."""
        return np.asarray(self.spectrum.max(axis=0, initial=0.0), np.float32)

    @cached_property
    def mean_spectrum(self) -> Float32Array:
        """The root of each bin's mean square over time [window // 2 + 1]."""
        return np.asarray(np.sqrt(np.square(self.spectrum).sum(axis=0) / max(1, len(self.spectrum))), np.float32)

    @cached_property
    def log_frequency(self) -> Float32Array:
        """Amplitudes in triangular bands at equal steps of pitch [frames, bands]."""
        bands = LogFrequencySettings(
            sample_rate=self.sample_rate,
            hop_samples=self.settings.hop_samples,
            window_samples=(self.settings.window_samples,),
            window=self.settings.window,
            lowest_pitch=LOWEST_PITCH,
            bins_per_semitone=BINS_PER_SEMITONE,
            bin_count=len(self.band_pitches),
        )
        return FilterBank(log_frequency_bank(bands, self.settings.window_samples))(self.spectrum)

    @cached_property
    def band_pitches(self) -> NDArray[np.float64]:
        """The centres of log-frequency and constant-Q bands, as MIDI numbers with fractions."""
        highest = A4_PITCH + SEMITONES_PER_OCTAVE * math.log2(_HIGHEST_SHARE * self.sample_rate / A4_HZ)
        count = max(1, math.floor((highest - LOWEST_PITCH) * BINS_PER_SEMITONE) + 1)
        return LOWEST_PITCH + np.arange(count) / BINS_PER_SEMITONE

    @cached_property
    def mel(self) -> Float32Array:
        """Amplitudes in mel bands [frames, mel_bands], as drum networks see them."""
        import torch

        from mp3tomidi.transcribe.front_end.torch_spectrogram import MelSpectrogram

        settings = self.settings
        front_end = MelSpectrogram(
            self.sample_rate,
            window_samples=settings.window_samples,
            hop_samples=settings.hop_samples,
            bin_count=settings.mel_bands,
            lowest_hz=LOWEST_MEL_HZ,
            window=settings.window,
        )
        bands: Float32Array = front_end(torch.from_numpy(self._padded)[None])[0, self._frames].numpy()
        return bands

    @cached_property
    def mel_hz(self) -> NDArray[np.float64]:
        """The centres of the mel bands."""
        from nnAudio.librosa_functions import mel_frequencies

        edges = mel_frequencies(self.settings.mel_bands + 2, fmin=LOWEST_MEL_HZ, fmax=self.sample_rate / 2)
        return np.asarray(edges[1:-1], np.float64)

    @cached_property
    def mfcc(self) -> Float32Array:
        """Mel-frequency cepstral coefficients [frames, mfcc_count]: the orthonormal DCT-II of the mel bands in dB."""
        cepstra = fft.dct(decibels(self.mel, self.settings.range_db), type=2, norm="ortho", axis=1)
        return np.asarray(cepstra[:, : self.settings.mfcc_count], np.float32)

    @cached_property
    def constant_q(self) -> Float32Array:
        """Amplitudes of a constant-Q transform (Brown 1991) [frames, bands], with nnAudio's kernels.

        Each octave's kernels are only as long as its lowest, which is five times as fast as one convolution for all.
        """
        from nnAudio.utils import create_cqt_kernels

        per_octave = SEMITONES_PER_OCTAVE * BINS_PER_SEMITONE
        quality = 1.0 / (2.0 ** (1.0 / per_octave) - 1.0)
        hertz = pitch_hz(self.band_pitches)
        bands = np.empty((self.frame_count, len(hertz)), np.float32)
        for first in range(0, len(hertz), per_octave):
            count = min(per_octave, len(hertz) - first)
            kernels, size, lengths, _ = create_cqt_kernels(
                quality, self.sample_rate, hertz[first], n_bins=count, bins_per_octave=per_octave
            )
            reach = int(lengths.max()) // 2 + 2
            middle = slice(size // 2 - reach, size // 2 + reach)
            # The positive frequencies alone hold half of a sine's amplitude.
            transposed = np.ascontiguousarray(2.0 * kernels[:, middle].T, np.complex64)
            bands[:, first : first + count] = self._convolved(transposed, reach)
        return bands

    def _convolved(self, kernels: NDArray[np.complex64], reach: int) -> Float32Array:
        """Magnitudes [frames, kernel] of frames of 2 * reach samples times kernels [2 * reach, kernel]."""
        hop = self.settings.hop_samples
        frames = np.lib.stride_tricks.sliding_window_view(np.pad(self._padded, reach), 2 * reach)[::hop][self._frames]
        parts = np.concatenate([kernels.real, kernels.imag], axis=1)
        magnitudes = [np.zeros((0, kernels.shape[1]), np.float32)]
        for start in range(0, self.frame_count, _FRAMES_AT_ONCE):
            block = np.ascontiguousarray(frames[start : min(self.frame_count, start + _FRAMES_AT_ONCE)])
            real, imaginary = np.split(block @ parts, 2, axis=1)
            magnitudes.append(np.hypot(real, imaginary))
        return np.concatenate(magnitudes)

    @cached_property
    def _padded(self) -> Float32Array:
        """The sound and what surrounds it, in whole hops, so that its last samples are shown, too."""
        hop = self.settings.hop_samples
        before = self.before[len(self.before) % hop :]  # frame 0 of the sound stays on its first sample
        whole = np.concatenate([before, self.sound, self.after])
        return np.pad(whole, (0, -len(whole) % hop))

    @property
    def _frames(self) -> slice:
        """Those of the sound among those of `_padded`."""
        first = len(self.before) // self.settings.hop_samples
        return slice(first, first + self.frame_count)

    @cached_property
    def _window(self) -> Float32Array:
        return analysis_window(self.settings.window, self.settings.window_samples)


def decibels(amplitude: Float32Array, range_db: float | None = None) -> Float32Array:
    """Amplitudes in dB; with `range_db` none lies further below the highest."""
    level_db = np.asarray(20.0 * np.log10(np.maximum(amplitude, np.float32(_SILENCE))), np.float32)
    if range_db is not None and level_db.size:
        level_db = np.maximum(level_db, level_db.max() - np.float32(range_db))
    return level_db


def pitch_hz(pitch: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """The frequency of MIDI pitches, fractions allowed, at A4 = 440 Hz."""
    return np.asarray(A4_HZ * 2.0 ** ((np.asarray(pitch) - A4_PITCH) / SEMITONES_PER_OCTAVE))
