"""Features of PedalNet: numbers of each step that tell how notes sound on and end together.

A pedal that is down makes no sound of its own. It shows in notes of all registers that go on sounding, more of them and
further apart than two hands could hold, and in their common end, which no hand does so well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.array_types import Float32Array
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.log_odds import log_odds

FRAMES_A_STEP = 2  # features are means of so many of NoteNet's frames: 40 ms
REGISTERS = (slice(0, 31), slice(31, 51), slice(51, PITCH_COUNT))  # up to E3, B4, C8
OF_A_REGISTER = (
    "sounding",
    "begun",
    "ended",
    "falling",
    "sounding loud",
    "decaying",
    "loud beside",
    "age",
    "old",
    "ended old",
)
OF_ALL = ("count", "span", "hands", "ended share", "falling share")
FEATURE_COUNT = len(REGISTERS) * len(OF_A_REGISTER) + len(OF_ALL)

_LAG = 3  # frames to either side between which activations rise and fall
_SOUNDING, _STRUCK = 0.35, 0.3  # thresholds of the frame and the onset activation
_OLDEST_S, _OLD_S = 3.0, 0.6
_HAND_SEMITONES = 13  # keys that one hand reaches at once
_MOST_HANDS = 5
_MARGIN = 1e-3  # of loudness, from 0 and 1
_BLOCK_FRAMES = 8192  # bounds the memory of long recordings


def pedal_features(activations: Activations) -> Float32Array:
    """[FEATURE_COUNT, steps] of a recording, of the order of one; a step is FRAMES_A_STEP frames."""
    frame_count = len(activations.onset)
    steps = -(-frame_count // FRAMES_A_STEP)
    features = np.zeros((FEATURE_COUNT, steps), np.float32)
    margin = FRAMES_A_STEP * (1 + round(_OLDEST_S / activations.hop_s) // FRAMES_A_STEP)
    for start in range(0, frame_count, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frame_count)
        first = max(0, start - margin)
        window = _of_frames(activations, slice(first, min(stop + _LAG, frame_count)))[:, start - first :]
        window = window[:, : stop - start]
        window = np.pad(window, ((0, 0), (0, -window.shape[1] % FRAMES_A_STEP)), mode="edge")
        means = window.reshape(FEATURE_COUNT, -1, FRAMES_A_STEP).mean(axis=2)
        features[:, start // FRAMES_A_STEP :][:, : means.shape[1]] = means
    return features


def _of_frames(activations: Activations, frames: slice) -> Float32Array:
    """[FEATURE_COUNT, frames]"""
    onset, frame, offset, loudness = (
        np.asarray(values[frames], np.float32)
        for values in (activations.onset, activations.frame, activations.offset, activations.loudness)
    )
    level = _level(loudness)
    before, after = _shifted(frame, -_LAG), _shifted(frame, _LAG)
    falling = np.maximum(before - after, 0.0)
    decaying = before * np.clip(_shifted(level, -_LAG) - _shifted(level, _LAG), 0.0, 0.5)
    age_s = _age_s(onset, activations.hop_s)
    age = frame * age_s / _OLDEST_S
    cells = (
        frame,
        onset,
        offset,
        falling,
        frame * level,
        decaying,
        (1.0 - frame) * np.maximum(level - 0.5, 0.0),
        age,
        frame * (age_s > _OLD_S),
        offset * np.minimum(age_s, 1.5),
    )
    rows = [0.3 * values[:, register].sum(axis=1) for register in REGISTERS for values in cells]
    return np.stack([*rows, *_of_all(frame, before, offset, falling)]).astype(np.float32)


def _of_all(
    frame: Float32Array, before: Float32Array, offset: Float32Array, falling: Float32Array
) -> list[Float32Array]:
    """The features OF_ALL, each [frames]."""
    sounding = frame > _SOUNDING
    count = sounding.sum(axis=1)
    lowest, highest = sounding.argmax(axis=1), PITCH_COUNT - 1 - sounding[:, ::-1].argmax(axis=1)
    span = np.where(count, highest - lowest, 0)
    held = before.sum(axis=1) + 1.0
    return [
        np.asarray(values, np.float32)
        for values in (
            count / 8.0,
            span / 40.0,
            _hands(sounding) / 3.0,
            offset.sum(axis=1) / held,
            falling.sum(axis=1) / held,
        )
    ]


def _level(loudness: Float32Array) -> Float32Array:
    """How loud each pitch is, from 0 for silence to about 1; see `front_end.loudness`."""
    return np.asarray(np.clip((log_odds(loudness, _MARGIN) + 3.0) / 4.0, 0.0, 1.0), np.float32)


def _shifted(values: Float32Array, frames: int) -> Float32Array:
    """`values` as they are so many frames later (earlier where negative), the first and the last going on."""
    at = np.clip(np.arange(len(values)) + frames, 0, len(values) - 1)
    return values[at]


def _age_s(onset: Float32Array, hop_s: float) -> Float32Array:
    """Time since each key was struck [frames, 88], at most _OLDEST_S."""
    index = np.arange(len(onset))[:, None]
    struck = np.maximum.accumulate(np.where(onset > _STRUCK, index, -len(onset) - round(_OLDEST_S / hop_s)), axis=0)
    return np.asarray(np.minimum((index - struck) * hop_s, _OLDEST_S), np.float32)


def _hands(sounding: NDArray[np.bool_]) -> NDArray[np.intp]:
    """How many hands it takes to hold all that sounds in each frame, _MOST_HANDS at most."""
    left = sounding.copy()
    hands = np.zeros(len(sounding), np.intp)
    keys = np.arange(PITCH_COUNT)
    for _ in range(_MOST_HANDS):
        some = left.any(axis=1)
        hands += some
        left &= keys > (left.argmax(axis=1) + _HAND_SEMITONES)[:, None]
    return hands
