"""YIN's difference function, normalised: near 0 at the lags that are a sound's period, about 1 where it has none.

de Cheveigné and Kawahara 2002, "YIN, a fundamental frequency estimator for speech and music", equations 7 and 8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft


def normalised_difference(excerpts: NDArray[np.float64], window: int, lags: int) -> NDArray[np.float64]:
    """The cumulative mean normalised difference [frames, lags] of excerpts [frames, window + lags]."""
    size = fft.next_fast_len(window + lags, real=True)
    spectrum = fft.rfft(excerpts, size, axis=1)
    of_start = np.conj(fft.rfft(excerpts[:, :window], size, axis=1))
    product = fft.irfft(spectrum * of_start, size, axis=1)[:, :lags]
    energy = np.cumsum(np.pad(excerpts**2, ((0, 0), (1, 0))), axis=1)
    energies = energy[:, window : window + lags] - energy[:, :lags]
    difference = np.maximum(energies[:, :1] + energies - 2.0 * product, 0.0)
    mean = np.cumsum(difference[:, 1:], axis=1) / np.arange(1, lags)
    normalised: NDArray[np.float64] = np.ones_like(difference)
    normalised[:, 1:] = difference[:, 1:] / np.maximum(mean, 1e-9 * window)
    return normalised
