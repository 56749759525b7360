"""Parabolic interpolation of peaks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FLAT = -1e-6


def peak_shift(left: NDArray[Any], top: NDArray[Any], right: NDArray[Any]) -> NDArray[np.float64]:
    """How far from the middle of three samples the parabola through them has its top, -0.5 to 0.5; 0 without one."""
    left, top, right = (np.asarray(samples, np.float64) for samples in (left, top, right))
    bend = left - 2.0 * top + right
    shift = np.where(bend < _FLAT, 0.5 * (left - right) / np.minimum(bend, _FLAT), 0.0)
    return np.asarray(np.clip(shift, -0.5, 0.5), np.float64)
