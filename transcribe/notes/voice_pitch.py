"""Pitch probabilities of a solo voice every 20 ms, by the first half of pYIN.

The first half of pYIN (Mauch and Dixon 2014, "pYIN: a fundamental frequency estimator using probabilistic threshold
distributions"): the dips of YIN's difference function (de Cheveigné and Kawahara 2002), each as likely as it is that a
threshold, whose distribution is known, takes it for the first one that is deep enough.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mp3tomidi.transcribe.audio.chunks import in_blocks
from mp3tomidi.transcribe.front_end.filters import A4_HZ, A4_PITCH
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH, PITCH_COUNT
from mp3tomidi.transcribe.notes.yin import normalised_difference
from mp3tomidi.transcribe.peaks import peak_shift

LOWEST_HZ, HIGHEST_HZ = 62.0, 1100.0  # of singers
WINDOW_S = 0.064
THRESHOLDS = 2.0, 18.0  # parameters of the Beta distribution that thresholds are drawn from: one of .1 is usual
SPREAD_SEMITONES = 1.25  # how far off its key a voice is, on its way there too (standard deviation)
_REACH_SEMITONES = 6
_FRAMES_AT_ONCE = 500  # bounds the memory


def sung_keys(blocks: Iterable[NDArray[np.float32]], sample_rate: int, hop_s: float) -> NDArray[np.float32]:
    """Probability that each key is sung [frames, 88]; its sum over keys is about 1 where a voice surely sounds.

    `blocks` are mono sound [samples] of any length each; a frame is centred on each multiple of `hop_s`.
    """
    hop, window = round(hop_s * sample_rate), round(WINDOW_S * sample_rate)
    lags = int(sample_rate / LOWEST_HZ) + 2
    reach = window + lags
    held = np.zeros(reach // 2, np.float32)
    found = []
    count = 0
    for block in in_blocks(blocks, _FRAMES_AT_ONCE * hop):
        held = np.concatenate([held, block])
        count += len(block)
        frames = max(0, (len(held) - reach) // hop + 1)
        if frames:
            found.append(_of_frames(held, frames, hop, window, lags, sample_rate))
            held = held[frames * hop :]
    left = -(-count // hop) - sum(map(len, found))
    if left > 0:
        held = np.pad(held, (0, max(0, (left - 1) * hop + reach - len(held))))
        found.append(_of_frames(held, left, hop, window, lags, sample_rate))
    return np.concatenate(found) if found else np.zeros((0, PITCH_COUNT), np.float32)


def _of_frames(
    sound: NDArray[np.float32], frames: int, hop: int, window: int, lags: int, sample_rate: int
) -> NDArray[np.float32]:
    excerpts = np.lib.stride_tricks.sliding_window_view(sound, window + lags)[: frames * hop : hop]
    difference = normalised_difference(excerpts.astype(np.float64), window, lags)
    frame, lag, probability = _likely_dips(difference, int(sample_rate / HIGHEST_HZ))
    exact = lag + peak_shift(*(-difference[frame, lag + shift] for shift in (-1, 0, 1)))
    pitch = A4_PITCH + 12.0 * np.log2(sample_rate / (exact * A4_HZ)) - PIANO_LOWEST_PITCH
    keys = np.zeros((frames, PITCH_COUNT + 2 * _REACH_SEMITONES))
    nearest = np.clip(np.round(pitch).astype(int), 0, PITCH_COUNT - 1)
    for offset in range(-_REACH_SEMITONES, _REACH_SEMITONES + 1):
        off = (nearest + offset - pitch) / SPREAD_SEMITONES
        np.add.at(keys, (frame, nearest + offset + _REACH_SEMITONES), probability * np.exp(-0.5 * off**2))
    return keys[:, _REACH_SEMITONES:-_REACH_SEMITONES].astype(np.float32)


def _likely_dips(
    difference: NDArray[np.float64], first_lag: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Frames, lags and probabilities of the dips [dips]: that a threshold lies below all dips before, and above it."""
    here = difference[:, first_lag:-1]
    is_dip = (here < difference[:, first_lag - 1 : -2]) & (here <= difference[:, first_lag + 1 :])
    depth = np.where(is_dip, np.minimum(here, 1.0), 1.0)
    before = np.minimum.accumulate(np.pad(depth, ((0, 0), (1, 0)), constant_values=1.0), axis=1)[:, :-1]
    frame, place = np.nonzero(depth < before)
    probability = special.betainc(*THRESHOLDS, before[frame, place]) - special.betainc(*THRESHOLDS, depth[frame, place])
    return frame, place + first_lag, probability
