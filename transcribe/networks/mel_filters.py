"""Filters that sum the bins of a power spectrum to mel bands, as librosa has them by default."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mel_filters(bands: int, sample_rate: int, transform_samples: int) -> NDArray[np.float32]:
    """Triangles of equal area, [bands, transform_samples / 2 + 1 bins], evenly in Slaney's mel (linear below 1 kHz) up
    to half the sample rate (Hz)."""
    logarithmic = np.log(6.4) / 27  # of a mel above 1 kHz, which is 15 mel
    nyquist_hz = sample_rate / 2
    highest = 15 + np.log(nyquist_hz / 1000) / logarithmic if nyquist_hz > 1000 else nyquist_hz * 3 / 200
    mels = np.linspace(0.0, highest, bands + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(logarithmic * (np.maximum(mels, 15) - 15)))
    bins = np.fft.rfftfreq(transform_samples, 1 / sample_rate)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    filters: NDArray[np.float32] = (np.maximum(0, triangles) * 2 / (high - low)).astype(np.float32)
    return filters
