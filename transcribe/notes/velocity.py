"""Estimates the velocity of each note relative to the other notes of its recording, by linear regression.

NoteNet's velocity alone knows little of a note's level, and least squares over what surrounds it knows more: how much
louder its partials become at the stroke, which its pitch must be taken out of. A straight line, because it is taught
on rendered notes: a network fits those better, and recordings worse.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.log_odds import log_odds
from mp3tomidi.transcribe.networks import weight_files

# Where a note is looked at, in frames from its onset.
_VELOCITY_AT = (-1, 0, 1, 2, 3, 4, 6)
_LOUDNESS_AT = (-4, -2, 0, 1, 2, 3, 4)
_SOUNDING_AT = 2
FEATURES = (
    *(f"velocity{frames:+d}" for frames in _VELOCITY_AT),
    *(f"loudness{frames:+d}" for frames in _LOUDNESS_AT),
    f"frame{_SOUNDING_AT:+d}",
    "pitch",
    "pitch squared",
)

USUAL_VELOCITY = 75  # the level of a recording as a whole says nothing of velocity
# Least squares shrinks what it cannot explain toward the mean; players differ by so much more (MAPS: 1.6 to 2.3).
SPREAD = 1.8
_MARGIN = float(special.expit(-9.0))  # of probabilities from 0 and 1: log odds lie from -9 to 9

# Activations, frames and pitches of all notes of a recording to their MIDI velocities.
VelocityReading = Callable[[Activations, NDArray[np.intp], NDArray[np.intp]], NDArray[np.intp]]


def velocity_features(
    activations: Activations, frame: NDArray[np.intp], pitch: NDArray[np.intp]
) -> NDArray[np.float32]:
    """[notes, FEATURES] of notes that begin in these frames at these pitches (0 for the piano's lowest key).

    All are log odds or of about their size.
    """
    last = len(activations.onset) - 1

    def at(activation: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
        value = activation[np.clip(frame + frames, 0, last), pitch].astype(np.float64)
        return log_odds(value, _MARGIN).astype(np.float32)

    height = pitch / PITCH_COUNT
    columns: list[NDArray[np.floating]] = [
        *(at(activations.velocity, frames) for frames in _VELOCITY_AT),
        *(at(activations.loudness, frames) for frames in _LOUDNESS_AT),
        at(activations.frame, _SOUNDING_AT),
        height,
        height**2,
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def relative(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features of one recording's notes as deviations from their mean, since the level of the whole says nothing."""
    return features - features.mean(axis=0) if len(features) else features


def write(weights: Mapping[str, float], folder: Path, card: Mapping[str, Any]) -> None:
    """Puts the weights of all FEATURES, by name, into a folder of weights."""
    content = {"format": weight_files.FORMAT, "network": weight_files.NOTE_VELOCITY, "weights": dict(weights), **card}
    path = folder / f"{weight_files.NOTE_VELOCITY}.json"
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


class VelocityReader:
    """The straight line of a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path) -> None:
        card = weight_files.read_card(folder, weight_files.NOTE_VELOCITY)
        try:
            self._weights = np.array([float(card["weights"][name]) for name in FEATURES])
        except (KeyError, TypeError, ValueError) as error:
            name = f"{weight_files.NOTE_VELOCITY}.json"
            raise WeightsError(f"{folder / name}: the card is damaged; install the weights again") from error

    def __call__(self, activations: Activations, frame: NDArray[np.intp], pitch: NDArray[np.intp]) -> NDArray[np.intp]:
        """MIDI velocities [notes] of all notes of a recording."""
        difference = relative(velocity_features(activations, frame, pitch)) @ self._weights
        return np.asarray(np.clip(np.round(USUAL_VELOCITY + SPREAD * difference), 1, 127), np.intp)
