"""Integrated loudness of a mono sound after ITU-R BS.1770-4 (EBU R 128), by pyloudnorm."""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm

from mp3tomidi.transcribe.array_types import Samples

BLOCK_S = 0.4


def integrated_lufs(sound: Samples, sample_rate: int) -> float:
    """Loudness in LUFS of [samples]; -inf for what is silent or shorter than a block.

    The filters are the analogue prototypes of the standard's, which hold at any rate ("DeMan").
    """
    if len(sound) < round(BLOCK_S * sample_rate):
        return -math.inf
    meter = pyloudnorm.Meter(sample_rate, filter_class="DeMan", block_size=BLOCK_S)
    return float(meter.integrated_loudness(sound.astype(np.float64)))
