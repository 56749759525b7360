"""Integrated loudness of a mono sound after ITU-R BS.1770-4 (EBU R 128)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import signal

BLOCK_S, STEP_S = 0.4, 0.1
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
_OFFSET_LUFS = -0.691  # so that a sine of 997 Hz at full scale has -3.01 LUFS


def integrated_lufs(sound: NDArray[np.float32], sample_rate: int) -> float:
    """Loudness in LUFS of [samples]; -inf for what is silent or shorter than a block."""
    weighted = signal.sosfilt(_k_weighting(sample_rate), sound.astype(np.float64))
    block, step = round(BLOCK_S * sample_rate), round(STEP_S * sample_rate)
    if len(weighted) < block:
        return -math.inf
    total = np.concatenate([[0.0], np.cumsum(np.square(weighted))])
    starts = np.arange(0, len(weighted) - block + 1, step)
    power = (total[starts + block] - total[starts]) / block
    power = power[power > 10.0 ** ((ABSOLUTE_GATE_LUFS - _OFFSET_LUFS) / 10.0)]
    if not len(power):
        return -math.inf
    power = power[power > power.mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)]
    return float(_OFFSET_LUFS + 10.0 * np.log10(power.mean()))


def _k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """The head's high shelf and the low cut, at any rate: their analogue prototypes by the bilinear transform."""
    return np.vstack([_shelf(sample_rate), _low_cut(sample_rate)])


def _shelf(sample_rate: int) -> NDArray[np.float64]:
    corner_hz, gain_db, quality = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * corner_hz / sample_rate)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    a0 = 1.0 + k / quality + k * k
    b = [high + band * k / quality + k * k, 2.0 * (k * k - high), high - band * k / quality + k * k]
    return np.array([*(value / a0 for value in b), 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / quality + k * k) / a0])


def _low_cut(sample_rate: int) -> NDArray[np.float64]:
    corner_hz, quality = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * corner_hz / sample_rate)
    a0 = 1.0 + k / quality + k * k
    return np.array([1.0, -2.0, 1.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / quality + k * k) / a0])
