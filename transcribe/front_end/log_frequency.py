"""Log-frequency spectrograms in NumPy: the front end of transcription, which needs no torch.

The same numbers as those of torch_spectrogram, which training and GPUs use; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import fft

from mp3tomidi.transcribe.array_types import Float32Array
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings, analysis_window, log_frequency_bank

FRAMES_AT_ONCE = 64  # few enough that all that is made of them stays in a processor's cache
FILTERS_AT_ONCE = 9  # makes products so small that NumPy does not wake threads of its own, which would cost more


def magnitude_spectra(sound: Float32Array, window: Float32Array, hop_samples: int) -> Iterator[Float32Array]:
    """Amplitude spectra [samples // hop, window // 2 + 1] of sound [samples], FRAMES_AT_ONCE frames at a time.

    Frame i is centred on sample i * hop_samples; before and after the sound there is silence.
    """
    half, count = len(window) // 2, len(sound) // hop_samples
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, half), len(window))[::hop_samples]
    for start in range(0, count, FRAMES_AT_ONCE):
        spectrum = fft.rfft(frames[start : min(count, start + FRAMES_AT_ONCE)] * window, axis=1)
        magnitude = np.square(spectrum.real)
        magnitude += np.square(spectrum.imag)
        yield np.sqrt(magnitude, out=magnitude)


class FilterBank:
    """A bank of filters [spectrum bin, filter] that are narrow and in order.

    It is kept as pieces, each of a few filters and of those rows only where they are not zero: a twentieth of it all.
    """

    def __init__(self, bank: Float32Array) -> None:
        self.filter_count = bank.shape[1]
        self._pieces: list[tuple[slice, slice, Float32Array]] = []
        for first in range(0, self.filter_count, FILTERS_AT_ONCE):
            filters = slice(first, first + FILTERS_AT_ONCE)
            used = np.flatnonzero(bank[:, filters].any(axis=1))
            rows = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 0)
            self._pieces.append((rows, filters, np.ascontiguousarray(bank[rows, filters])))

    def __call__(self, spectrum: Float32Array) -> Float32Array:
        """Spectra [frames, spectrum bin] to [frames, filter]."""
        result = np.empty((len(spectrum), self.filter_count), np.float32)
        for rows, filters, weights in self._pieces:
            np.matmul(spectrum[:, rows], weights, out=result[:, filters])
        return result


View = tuple[Float32Array, FilterBank]  # a window, and the filters for its spectra


class LogFrequencyFrontEnd:
    """Amplitude spectrograms at equal steps of pitch, one view for each window length."""

    def __init__(self, settings: LogFrequencySettings, *, tuning_cents: float = 0.0) -> None:
        self.settings = settings
        self.views: list[View] = [
            (analysis_window(settings.window, length), FilterBank(log_frequency_bank(settings, length, tuning_cents)))
            for length in settings.window_samples
        ]

    def __call__(self, sound: Float32Array) -> Float32Array:
        """Sound [samples] to [view, samples // hop_samples, bin]."""
        hop = self.settings.hop_samples
        result = np.empty((len(self.views), len(sound) // hop, self.settings.bin_count), np.float32)
        for view, (window, bank) in zip(result, self.views, strict=True):
            for start, spectrum in zip(
                range(0, len(view), FRAMES_AT_ONCE), magnitude_spectra(sound, window, hop), strict=True
            ):
                view[start : start + FRAMES_AT_ONCE] = bank(spectrum)
        return result
