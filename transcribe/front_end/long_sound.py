"""Log-frequency spectra of sound that arrives in blocks, equal to those of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd


def spectra(
    blocks: Iterable[NDArray[np.float32]], settings: LogFrequencySettings, tuning_cents: float = 0.0
) -> Iterator[NDArray[np.float32]]:
    """Amplitude spectra [frames, bin] of the first view, of mono sound [samples] at the settings' rate.

    tuning_cents: the recording's deviation from A = 440 Hz, by which the filters are moved.
    """
    front_end = LogFrequencyFrontEnd(settings, tuning_cents=tuning_cents)
    hop, reach = settings.hop_samples, settings.window_samples[0] // 2
    waiting, done = np.zeros(0, np.float32), 0  # done: frames of `waiting` that are given already
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        ready = (len(waiting) - reach) // hop
        if ready > done:
            yield front_end(waiting)[0, done:ready]
            drop = max(0, ready - reach // hop - 1)
            waiting, done = waiting[drop * hop :], ready - drop
    if len(waiting) > done * hop:
        yield front_end(np.pad(waiting, (0, -len(waiting) % hop)))[0, done:]
