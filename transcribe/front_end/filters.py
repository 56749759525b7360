"""Windows and filter banks of the front ends, as plain arrays: one definition for training and for transcription."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.front_end.window_names import WINDOWS

_CHEBYSHEV_DB = 100.0
_FILTERS_AT_ONCE = 9  # a bank is nearly all zeros, which need not be found one by one

SEMITONES_PER_OCTAVE = 12
A4_HZ = 440.0
A4_PITCH = 69


@dataclass(frozen=True, slots=True)
class LogFrequencySettings:
    """Settings of the log-frequency spectrograms that a network is given; the defaults are NoteNet's."""

    sample_rate: int = 16_000
    hop_samples: int = 320
    window_samples: tuple[int, ...] = (4096, 1024)  # a long view for pitch, a short one for time
    window: str = "hann"
    lowest_pitch: float = 9.0 - 1 / 3  # an octave and a bin below the piano's lowest key
    bins_per_semitone: int = 3
    bin_count: int = 336  # up to 8 kHz

    @property
    def hop_s(self) -> float:
        return self.hop_samples / self.sample_rate


def analysis_window(name: str, length: int) -> NDArray[np.float32]:
    """A periodic window of `length` samples whose sum is 2, so that a sine's peak bin shows its amplitude.

    Raises ValueError for a name that is not in WINDOWS.
    """
    angle = 2.0 * np.pi * np.arange(length) / length
    if name == "hann":
        window = 0.5 - 0.5 * np.cos(angle)
    elif name == "hamming":
        window = 0.54 - 0.46 * np.cos(angle)
    elif name == "dolph-chebyshev":
        from scipy.signal.windows import chebwin  # takes half a second to import

        window = chebwin(length, _CHEBYSHEV_DB, sym=False)
    else:
        raise ValueError(f"no window called {name!r}; there are {', '.join(WINDOWS)}")
    return np.asarray(2.0 * window / window.sum(), np.float32)


def log_frequency_bank(
    settings: LogFrequencySettings, window_samples: int, tuning_cents: float = 0.0
) -> NDArray[np.float32]:
    """Triangular filters [window_samples // 2 + 1, bin_count] at equal steps of pitch.

    A filter reaches to its neighbours' centres, but never less than one bin of the Fourier transform, so no
    partial falls between two filters. Filters above 98.75 % of the Nyquist frequency are empty. `tuning_cents` moves
    every filter by a recording's deviation from A4 = 440 Hz, so that its notes fall on the filters' centres.
    """
    frequency_hz = np.fft.rfftfreq(window_samples, 1.0 / settings.sample_rate)
    steps = settings.lowest_pitch + np.arange(settings.bin_count) / settings.bins_per_semitone + tuning_cents / 100.0
    centre_hz = A4_HZ * 2.0 ** ((steps - A4_PITCH) / SEMITONES_PER_OCTAVE)
    one_step = 2.0 ** (1.0 / (SEMITONES_PER_OCTAVE * settings.bins_per_semitone)) - 1.0
    half_width_hz = np.maximum(settings.sample_rate / window_samples, centre_hz * one_step)
    used = int((centre_hz <= 0.4938 * settings.sample_rate).sum())
    bank = np.zeros((len(frequency_hz), settings.bin_count), np.float32)
    for first in range(0, used, _FILTERS_AT_ONCE):
        filters = slice(first, min(used, first + _FILTERS_AT_ONCE))
        centre, half_width = centre_hz[filters], half_width_hz[filters]
        rows = slice(*np.searchsorted(frequency_hz, [(centre - half_width)[0], (centre + half_width)[-1]]))
        bank[rows, filters] = np.clip(1.0 - np.abs(frequency_hz[rows, None] - centre) / half_width, 0.0, 1.0)
    return bank
