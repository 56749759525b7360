"""Levels of stems: their active RMS, and gains that bring them to a level."""

from __future__ import annotations

import numpy as np

from mp3tomidi.transcribe.array_types import Samples

STEM_LEVEL = 0.1  # active RMS of a stem before its own level is drawn
SILENCE = 1e-5
_FRAME_SAMPLES = 800


def active_rms(stem: Samples) -> float:
    """RMS of the louder half of a stem's 50 ms frames: a few notes weigh as much as many. 0 for silence."""
    frames = stem[: len(stem) // _FRAME_SAMPLES * _FRAME_SAMPLES].reshape(-1, _FRAME_SAMPLES)
    power = np.square(frames).mean(axis=1)
    sounding = power[power > 1e-4 * power.max()] if len(power) else power
    return float(np.sqrt(np.sort(sounding)[len(sounding) // 2 :].mean())) if len(sounding) else 0.0


def at_level(stem: Samples, level: float, level_db: float) -> Samples:
    """The stem with an active RMS of `level` and so many dB more; silence stays as it is."""
    own = active_rms(stem)
    return np.asarray(stem * (level / own * 10.0 ** (level_db / 20.0)), np.float32) if own > SILENCE else stem
