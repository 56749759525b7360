"""Finds where a crash is choked: caught by hand, so that its sound ends at once instead of ringing out.

What is read is the level of the octave below 8 kHz, which nearly every recording has. There a crash goes on at an even
level for a second, and no drum does: a choke takes it down by more than 16 dB within 60 ms, where ringing out takes
half a second.

Of 28 rendered chokes of found crashes in drums alone, with rooms and all effects, 12 are found, 5 to 48 ms late, and
one crash that rings is ended; the other chokes lie in reverberation or under the next stroke. Within bands 2 of 15 are
found, and one is wrong. Rides are left alone: of 17 chokes 1 was found, and 2 were wrong.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mp3tomidi.transcribe.array_types import Float64Array
from mp3tomidi.transcribe.drum_kit import CRASH, RIDE
from mp3tomidi.transcribe.drums.candidates import DrumActivations

LEAST_SURE = 0.6  # of a crash that may end: what is none often stops at once
FALL = 0.8  # powers of ten: 16 dB
STEADY = 0.3  # the level before may move by so much: 6 dB; a stroke that comes in between moves it by more
LOUD = -0.3  # the level before, against the band's over the recording
_BEFORE_FRAMES, _FALLING_FRAMES, _AFTER_FRAMES = 6, 6, 5
_FIRST_S, _LAST_S = 0.1, 1.5  # after the stroke
_ALIKE_S = 0.03  # a sample that ends this close to the same length
_MOST_ALIKE = 0.25  # in more than this share of its strokes, and more than three, is a short sample, not a choked crash


def choked_s(
    activations: DrumActivations, time_s: Float64Array, piece: NDArray[np.intp], confidence: Float64Array
) -> Float64Array:
    """When each hit (arrays [hits]: onset, index in DRUM_PIECES, posterior) is choked, in seconds; nan: it is not."""
    ends_s = np.full(len(time_s), np.nan)
    crashes = np.flatnonzero((piece == CRASH) & (confidence >= LEAST_SURE))
    cymbals_s = np.sort(time_s[np.isin(piece, (CRASH, RIDE))])
    falls = _falls(np.asarray(activations.quick_loudness[:, -1], np.float64)) if len(crashes) else np.zeros(0, np.intp)
    for crash in crashes:
        following = cymbals_s[cymbals_s > time_s[crash] + _ALIKE_S]
        last_s = min(time_s[crash] + _LAST_S, following[0] if len(following) else np.inf)
        begin, end = np.searchsorted(falls * activations.hop_s, (time_s[crash] + _FIRST_S, last_s))
        if begin < end:
            ends_s[crash] = falls[begin] * activations.hop_s
    lengths_s = ends_s - time_s
    for crash in crashes[np.isfinite(ends_s[crashes])]:
        alike = np.count_nonzero(np.abs(lengths_s[crashes] - lengths_s[crash]) < _ALIKE_S)
        if alike > max(3, _MOST_ALIKE * len(crashes)):
            ends_s[crash] = np.nan
    return ends_s


def _falls(level: Float64Array) -> NDArray[np.intp]:
    """Where a steady level [frames], in powers of ten, falls at once and stays down: the frames of steepest fall."""
    window = _BEFORE_FRAMES + _FALLING_FRAMES + _AFTER_FRAMES
    if len(level) < window:
        return np.zeros(0, np.intp)
    windows = sliding_window_view(level, window)
    before, after = windows[:, :_BEFORE_FRAMES], windows[:, -_AFTER_FRAMES:]
    held = np.median(before, axis=1)
    falls = (np.ptp(before, axis=1) <= STEADY) & (held >= LOUD) & (held - np.median(after, axis=1) >= FALL)
    start = np.flatnonzero(falls)
    falling = windows[start, _BEFORE_FRAMES - 1 :]
    return np.unique(start + _BEFORE_FRAMES + np.argmax(falling[:, :-2] - falling[:, 2:], axis=1))
