"""Pitch salience in steps of 20 cents: the sum of a tone's harmonics in the spectrum.

As Salamon and Gómez do it for melodies (2012, "Melody extraction from polyphonic music signals using pitch contour
characteristics"), but from all of the spectrum instead of its peaks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, sparse

from mp3tomidi.transcribe.array_types import Float32Array
from mp3tomidi.transcribe.front_end.filters import A4_HZ, A4_PITCH
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH, PITCH_COUNT

SAMPLE_RATE = 16_000  # Hz
STEPS = 5  # to a semitone
BIN_COUNT = STEPS * PITCH_COUNT
WINDOWS, SPLIT_HZ = (2048, 1024), 150.0  # samples, below and above
TRANSFORM = 4096
HARMONIC_COUNT, HARMONIC_DECAY = 10, 0.8  # as in Salamon and Gómez


def frequency_hz(pitch: NDArray[np.floating], tuning_cents: float) -> NDArray[np.float64]:
    """Of MIDI pitches, fractions of them too, in a recording's tuning."""
    return np.asarray(A4_HZ * 2.0 ** ((pitch - A4_PITCH) / 12.0 + tuning_cents / 1200.0), np.float64)


class SalienceBank:
    """Sums a tone's harmonics at each of BIN_COUNT pitches: of low tones in a long window, of high ones in a short one.

    Salience is of the square roots of amplitudes, so that loud partials do not drown others.
    """

    def __init__(self, tuning_cents: float) -> None:
        pitch = PIANO_LOWEST_PITCH - 0.5 + (np.arange(BIN_COUNT) + 0.5) / STEPS
        hz = frequency_hz(pitch, tuning_cents)
        split = int(np.searchsorted(hz, SPLIT_HZ))
        self._banks = [(WINDOWS[0], 0, _harmonic_bank(hz[:split])), (WINDOWS[1], split, _harmonic_bank(hz[split:]))]

    def of(self, sound: Float32Array, centres: NDArray[np.intp], bins: slice = slice(0, BIN_COUNT)) -> Float32Array:
        """[frames, bins] of sound [samples] around samples, at least half of the longest of WINDOWS from its ends."""
        parts = []
        for window, first, bank in self._banks:
            columns = slice(max(0, bins.start - first), max(0, bins.stop - first))
            filters = bank[columns]
            if filters.shape[0]:
                parts.append((filters @ np.sqrt(magnitudes(sound, centres, window, TRANSFORM)).T).T)
        return np.concatenate(parts, axis=1)


def _harmonic_bank(hz: NDArray[np.float64]) -> Any:
    """A sparse matrix [frequencies, TRANSFORM // 2 + 1] that reads the spectrum at harmonics, between its bins."""
    bin_count = TRANSFORM // 2 + 1
    rows, columns, weights = [], [], []
    for harmonic in range(1, HARMONIC_COUNT + 1):
        place = harmonic * hz * TRANSFORM / SAMPLE_RATE
        lower = np.floor(place).astype(int)
        inside = np.flatnonzero(lower + 1 < bin_count)
        share = place[inside] - lower[inside]
        for offset, weight in ((0, 1.0 - share), (1, share)):
            rows.append(lower[inside] + offset)
            columns.append(inside)
            weights.append(HARMONIC_DECAY ** (harmonic - 1) * weight)
    entries = np.concatenate(weights), (np.concatenate(columns), np.concatenate(rows))
    return sparse.csr_matrix(entries, shape=(len(hz), bin_count), dtype=np.float32)


def magnitudes(sound: Float32Array, centres: NDArray[np.intp], window: int, transform: int) -> Float32Array:
    """Amplitude spectra [frames, transform // 2 + 1] of Hann windows around samples."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, window)[centres - window // 2]
    shaped = frames * np.hanning(window + 1)[:-1].astype(np.float32)
    return np.asarray(np.abs(fft.rfft(shaped, transform, axis=1)) * (4.0 / window), np.float32)
