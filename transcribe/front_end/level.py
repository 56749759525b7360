"""The level of each frequency band of a recording: shared by the front ends in torch and in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMOOTHING_OCTAVES = 1.0  # half width: wide enough that a single note does not flatten itself
FLOOR_DB = -40.0  # bands further below the loudest one are empty: do not turn their noise up
SILENT = 1e-7  # amplitude of a digital silence, so that its level is not zero


def smoothing_kernel(bins_per_semitone: int) -> NDArray[np.float64]:
    """Weights that add up to one, for the power of neighbouring bins."""
    half = round(SMOOTHING_OCTAVES * 12 * bins_per_semitone)
    kernel = np.hanning(2 * half + 3)[1:-1]
    return np.asarray(kernel / kernel.sum(), np.float64)
