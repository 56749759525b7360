"""Written drumming on its way to hits: strokes in beats, and a drummer's hands that are never exact."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mp3tomidi.augment.harmony import Setting
from mp3tomidi.augment.labels import DRUM_HIT

Beats = NDArray[np.float64]

LATEST_S = 0.010  # largest standard deviation of single strokes
PIECE_S = 0.003  # and of a whole piece against the others: some drag their snare, some rush the hats
NEIGHBOUR_SHARE = 0.15  # no stroke moves by more than this share of the way to the next of its key: rolls stay even
PROGRAMMED_SHARE = 0.2  # of what is written is in the grid, as machines and many productions are
FLAM_S = (0.025, 0.045)  # from the soft stroke to the main one
MERGED_WITHIN_S = 0.012  # strokes of one key closer than this are one: no hand plays them


@dataclass
class Strokes:
    """What is written so far."""

    beats: list[Beats] = field(default_factory=list)
    keys: list[NDArray[np.int64]] = field(default_factory=list)
    velocities: list[Beats] = field(default_factory=list)
    straight: list[NDArray[np.bool_]] = field(default_factory=list)

    def add(self, beats: ArrayLike, key: ArrayLike, velocity: ArrayLike, *, straight: bool = False) -> None:
        """Strokes at positions in beats; key and velocity one for all or one each. `straight` ones never swing."""
        at = np.atleast_1d(np.asarray(beats, np.float64))
        self.beats.append(at)
        self.keys.append(np.broadcast_to(np.asarray(key, np.int64), at.shape))
        self.velocities.append(np.broadcast_to(np.asarray(velocity, np.float64), at.shape))
        self.straight.append(np.full(at.shape, straight))

    def add_flams(
        self, rng: np.random.Generator, setting: Setting, beats: ArrayLike, key: ArrayLike, velocity: float
    ) -> None:
        """Strokes with a soft one shortly before each."""
        at = np.atleast_1d(np.asarray(beats, np.float64))
        self.add(at - rng.uniform(*FLAM_S, len(at)) / setting.beat_length_s, key, 0.6 * velocity, straight=True)
        self.add(at, key, velocity, straight=True)

    def without(self, start: float, end: float) -> None:
        """Take away everything from one position to another: what a fill replaces."""
        for index, beats in enumerate(self.beats):
            kept = (beats < start) | (beats >= end)
            self.beats[index], self.keys[index] = beats[kept], self.keys[index][kept]
            self.velocities[index], self.straight[index] = self.velocities[index][kept], self.straight[index][kept]


def perform(rng: np.random.Generator, strokes: Strokes, setting: Setting, *, swing: float = 0.0) -> NDArray[np.void]:
    """Hits (dtype DRUM_HIT, clip 0), sorted by onset, of strokes on the beats of a setting.

    `swing`: delay of every second half beat, in beats.
    """
    beats = np.concatenate([np.zeros(0), *strokes.beats])
    keys = np.concatenate([np.zeros(0, np.int64), *strokes.keys])
    straight = np.concatenate([np.zeros(0, np.bool_), *strokes.straight])
    swung = (np.abs(beats % 1 - 0.5) < 0.01) & ~straight
    hits = np.zeros(len(beats), DRUM_HIT)
    hits["key"] = keys
    hits["onset_s"] = setting.seconds(beats + swing * swung) + _deviations_s(
        rng, setting.seconds(beats + swing * swung), keys
    )
    loudness = np.concatenate([np.zeros(0), *strokes.velocities])
    loudness = loudness + 8.0 * (beats % 1 == 0) + rng.normal(0, rng.uniform(2, 12), len(beats)) + rng.normal(-10, 14)
    hits["velocity"] = np.clip(np.round(loudness), 5, 127)
    return merge_doubled(hits[np.argsort(hits["onset_s"], kind="stable")])


def merge_doubled(hits: NDArray[np.void]) -> NDArray[np.void]:
    """Of hits (sorted by onset) of one key that come nearly together, the loudest is kept."""
    kept = np.ones(len(hits), np.bool_)
    for key in np.unique(hits["key"]):
        members = np.flatnonzero(hits["key"] == key)
        if not (np.diff(hits["onset_s"][members]) < MERGED_WITHIN_S).any():
            continue
        last = members[0]
        for index in members[1:]:
            if hits["onset_s"][index] - hits["onset_s"][last] >= MERGED_WITHIN_S:
                last = index
            elif hits["velocity"][index] > hits["velocity"][last]:
                kept[last], last = False, index
            else:
                kept[index] = False
    return hits[kept]


def _deviations_s(rng: np.random.Generator, onsets_s: Beats, keys: NDArray[np.int64]) -> Beats:
    """By how much a drummer is off, and each piece as a whole."""
    programmed = rng.random() < PROGRAMMED_SHARE
    deviations_s = rng.normal(0.0, 0.0 if programmed else rng.uniform(0.0, LATEST_S), len(onsets_s))
    pieces_s = rng.normal(0.0, 0.0 if programmed else PIECE_S, 128)
    order = np.lexsort((onsets_s, keys))
    apart_s = np.diff(onsets_s[order])
    apart_s[np.diff(keys[order]) != 0] = np.inf
    nearest_s = np.minimum(np.append(apart_s, np.inf), np.append(np.inf, apart_s)) if len(order) else apart_s
    room_s = np.empty(len(onsets_s))
    room_s[order] = NEIGHBOUR_SHARE * nearest_s
    return np.clip(deviations_s, -room_s, room_s) + pieces_s[keys]
