"""Estimates the velocity of each drum hit relative to the other strokes on its piece.

DrumNet's velocity alone knows little of it where kits differ in what a velocity sounds like. Within a recording the
kit is one, so the features of a stroke are taken against what is usual for that piece: how loud the bands are
around the stroke, and what else is struck with it, since a kick lies under half of the hats.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.drum_kit import PIECE_COUNT
from mp3tomidi.transcribe.drums.candidates import DrumActivations
from mp3tomidi.transcribe.drums.features import log_odds
from mp3tomidi.transcribe.inference.activations import Values, around_peaks
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.registry import DRUM_VELOCITY

# Where a stroke is looked at, in frames from its peak.
_SLOW_AT = (-4, -2, 0, 2, 4, 8)
_QUICK_AT = (-3, -1, 0, 1, 2, 4)
_VELOCITY_AT = (-1, 0, 1, 2)

_BAND_COUNT = PIECE_COUNT  # of loudness, which lies in one array with the pieces' probabilities

# Of each stroke: its piece, then log odds of all, and the features relative to the mean (see `velocity_features`).
FEATURE_COUNT = 3 * PIECE_COUNT + len(_VELOCITY_AT) + _BAND_COUNT * (len(_SLOW_AT) + len(_QUICK_AT))

HIGHEST_VELOCITY = 127.0
SPREAD = 1.4  # the likeliest velocity lies nearer to the mean than what is played: held-out kits differ by so much more

# Activations, frames and pieces of all hits of a recording to their MIDI velocities.
VelocityReading = Callable[[DrumActivations, NDArray[np.intp], NDArray[np.intp]], NDArray[np.intp]]


def velocity_features(
    activations: DrumActivations, frame: NDArray[np.intp], piece: NDArray[np.intp]
) -> NDArray[np.float32]:
    """[strokes, FEATURE_COUNT] of all strokes of a recording, which peak in these frames, in this order:

    which piece it is; log odds of all pieces then; and, each against its mean over the strokes on that piece, these
    log odds again, the piece's velocity around the peak, and the loudness of each band before and after it.
    """
    last = len(activations.onset) - 1

    def at(values: Values, frames: int) -> NDArray[np.float64]:
        return np.asarray(values[np.clip(frame + frames, 0, last)], np.float64)

    each = np.arange(len(frame))
    odds = log_odds(at(activations.onset, 0))
    relative = np.concatenate(
        [
            odds,
            *(at(activations.velocity, frames)[each, piece][:, None] for frames in _VELOCITY_AT),
            *(at(activations.slow_loudness, frames) for frames in _SLOW_AT),
            *(at(activations.quick_loudness, frames) for frames in _QUICK_AT),
        ],
        axis=1,
    )
    return np.concatenate([np.eye(PIECE_COUNT)[piece], odds, against_mean(relative, piece)], axis=1).astype(np.float32)


def against_mean(values: NDArray[np.floating], piece: NDArray[np.intp]) -> NDArray[np.float64]:
    """Values [strokes, ...] of one recording as deviations from the mean of all strokes on the same piece."""
    result = np.asarray(values, np.float64).copy()
    for one in np.unique(piece):
        result[piece == one] -= result[piece == one].mean(axis=0)
    return result


def usual_velocities(
    activations: DrumActivations, frame: NDArray[np.intp], piece: NDArray[np.intp]
) -> NDArray[np.float64]:
    """What DrumNet says of each stroke, from 0 to 127: the velocity around each peak, weighted by the peak."""
    return HIGHEST_VELOCITY * around_peaks(activations.velocity, activations.onset, frame, piece)


def as_midi(velocity: NDArray[np.floating]) -> NDArray[np.intp]:
    return np.asarray(np.clip(np.round(velocity), 1, HIGHEST_VELOCITY), np.intp)


class VelocityReader:
    """The DrumVelocity (`velocity_net`) of a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path) -> None:
        self._network = Session(folder, DRUM_VELOCITY.name)

    def __call__(
        self, activations: DrumActivations, frame: NDArray[np.intp], piece: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """MIDI velocities [hits] of all hits of a recording."""
        usual = usual_velocities(activations, frame, piece)
        if not len(frame):
            return as_midi(usual)
        mean = usual - against_mean(usual, piece)
        difference = np.zeros(len(frame), np.float32)
        for one in np.unique(piece):  # one by one, for the memory of long recordings
            hits = np.flatnonzero(piece == one)
            difference[hits] = self._network(velocity_features(activations, frame[hits], piece[hits]))
        return as_midi(mean + SPREAD * difference)
