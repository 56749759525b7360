"""Levels of stems: their active RMS, and gains that bring them to a level."""

from __future__ import annotations

import numpy as np

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE
from mp3tomidi.transcribe.array_types import Samples

STEM_LEVEL = 0.1  # active RMS of a stem before its own level is drawn
SILENCE = 1e-5
_FRAME_S = 0.05


def active_rms(stem: Samples, sample_rate: int = DEFAULT_SAMPLE_RATE) -> float:
    """RMS of the louder half of a stem's 50 ms frames: a few notes weigh as much as many. 0 for silence."""
    frame_samples = round(_FRAME_S * sample_rate)
    frames = stem[: len(stem) // frame_samples * frame_samples].reshape(-1, frame_samples)
    power = np.square(frames).mean(axis=1)
    sounding = power[power > 1e-4 * power.max()] if len(power) else power
    return float(np.sqrt(np.sort(sounding)[len(sounding) // 2 :].mean())) if len(sounding) else 0.0


def at_level(stem: Samples, level: float, level_db: float, sample_rate: int = DEFAULT_SAMPLE_RATE) -> Samples:
    """The stem with an active RMS of `level` and so many dB more; silence stays as it is."""
    own = active_rms(stem, sample_rate)
    return np.asarray(stem * (level / own * 10.0 ** (level_db / 20.0)), np.float32) if own > SILENCE else stem
