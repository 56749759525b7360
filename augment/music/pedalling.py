"""Sustain pedal of piano passages: performances with keys and pedal apart, and pedalling drawn for given keys.

Half-pedalling is not modelled: the pedal is down or up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.music.corpora import apply_pedal
from mp3tomidi.augment.music.written_notes import SHORTEST_TOUCH_S
from mp3tomidi.transcribe.array_types import Float64Array

PEDAL = np.dtype([("down_s", np.float64), ("up_s", np.float64)])
SHORTEST_PRESS_S = 0.06
SHORTEST_LIFT_S = 0.04  # dampers need about so long to stop the strings

HAND_SEMITONES, FINGERS = 13, 5
HANDS_MEET = (53, 65)  # between these pitches

_CHORD_S = 0.06  # onsets closer than this are one stroke of the hands
_SECTION_S = (3.0, 14.0)  # a player keeps one manner for about so long


@dataclass(frozen=True)
class Performance:
    """What hands and foot do: `keys` (dtype NOTE; offset_s is when the key comes up) and `pedal` (dtype PEDAL)."""

    keys: NDArray[np.void]
    pedal: NDArray[np.void]

    def sounding(self) -> NDArray[np.void]:
        """The notes (dtype NOTE) as long as they sound: until the pedal lifts or the key is struck again."""
        notes = self.keys.copy()
        times_s = np.concatenate([self.pedal["down_s"], self.pedal["up_s"]])
        is_down = np.repeat([True, False], len(self.pedal))
        notes["offset_s"] = apply_pedal(
            notes["onset_s"], notes["offset_s"], notes["pitch"].astype(np.int64), times_s, is_down
        )
        return notes


def held_by_hands(rng: np.random.Generator, keys: NDArray[np.void]) -> NDArray[np.void]:
    """The keys (dtype NOTE, by onset) as two hands can hold them, each finger lifted in its own time.

    Written music has chords that ring on and figures that no hand could hold: those are what a pedal is for. A key is
    up once its hand has struck one that is further away than HAND_SEMITONES, or FINGERS others.
    """
    held = keys.copy()
    onset_s, pitch = keys["onset_s"], keys["pitch"]
    lifted_s = keys["offset_s"] + rng.normal(0.0, rng.uniform(0.0, 0.05), len(keys))
    is_left = pitch < np.clip(np.median(pitch) if len(keys) else 0, *HANDS_MEET)
    for index in range(len(keys)):
        last = int(np.searchsorted(onset_s, lifted_s[index]))
        first = int(np.searchsorted(onset_s, onset_s[index] + _CHORD_S))
        later = first + np.flatnonzero(is_left[first:last] == is_left[index])
        far = later[np.abs(pitch[later] - pitch[index]) > HAND_SEMITONES]
        limits = [onset_s[struck] for struck in (*far[:1], *later[FINGERS - 1 : FINGERS])]
        if limits:
            lifted_s[index] = min(limits) + rng.uniform(-0.03, 0.03)
    held["offset_s"] = np.maximum(np.minimum(lifted_s, keys["offset_s"] + 0.1), onset_s + SHORTEST_TOUCH_S)
    return held


def draw_pedal(rng: np.random.Generator, keys: NDArray[np.void], *, none_share: float = 0.2) -> NDArray[np.void]:
    """Presses of the pedal (dtype PEDAL) that suit the keys (dtype NOTE), one manner a section.

    none_share: how much of the time the foot rests.
    """
    if not len(keys):
        return np.zeros(0, PEDAL)
    changes_s = _changes_s(rng, keys)
    presses: list[tuple[float, float]] = []
    start_s, end_s = float(keys["onset_s"].min()), float(keys["offset_s"].max())
    while start_s < end_s:
        stop_s = start_s + rng.uniform(*_SECTION_S)
        inside = changes_s[(changes_s >= start_s) & (changes_s < stop_s)]
        if len(inside) and rng.random() >= none_share:
            manner = _MANNERS[int(rng.choice(len(_MANNERS), p=_MANNER_SHARES))]
            presses += manner(rng, np.append(inside, min(stop_s, end_s + 1.0)))
        start_s = stop_s
    return tidy_presses(np.array(presses, PEDAL))


def tidy_presses(presses: NDArray[np.void]) -> NDArray[np.void]:
    """The presses sorted, none shorter than SHORTEST_PRESS_S, with SHORTEST_LIFT_S or more between them.

    Of two that overlap the first ends earlier.
    """
    presses = np.sort(presses, order="down_s")
    latest_s = np.append(presses["down_s"][1:], np.inf) - SHORTEST_LIFT_S
    presses["up_s"] = np.minimum(presses["up_s"], latest_s)
    kept: NDArray[np.void] = presses[presses["up_s"] - presses["down_s"] >= SHORTEST_PRESS_S]
    return kept


def _changes_s(rng: np.random.Generator, keys: NDArray[np.void]) -> Float64Array:
    """Times at which the pedal could be changed: strokes with a bass note, or any, some time apart."""
    order = np.argsort(keys["onset_s"], kind="stable")
    onset_s, pitch = keys["onset_s"][order], keys["pitch"][order].astype(np.float64)
    first = np.flatnonzero(np.diff(onset_s, prepend=-np.inf) > _CHORD_S)
    stroke_s, lowest = onset_s[first], np.minimum.reduceat(pitch, first)
    wanted = np.ones(len(first), np.bool_)
    if rng.random() < 0.75:  # harmony changes with the bass
        wanted = lowest <= np.quantile(lowest, rng.uniform(0.25, 0.6))
    apart_s = np.exp(rng.uniform(np.log(0.15), np.log(2.5)))
    changes: list[float] = []
    for time_s in stroke_s[wanted]:
        if not changes or time_s - changes[-1] >= apart_s:
            changes.append(float(time_s))
    return np.array(changes)


# Each manner makes presses (down s, up s) from changes, times at which a new harmony is struck; the last one ends them.
_Presses = list[tuple[float, float]]
_Manner = Callable[[np.random.Generator, Float64Array], _Presses]


def _legato(rng: np.random.Generator, changes_s: Float64Array) -> _Presses:
    """The pedal lifts as the new harmony is struck and goes down again once the old one is damped."""
    late_s, lift_s, uneven_s = rng.uniform(-0.02, 0.1), rng.uniform(0.05, 0.28), rng.uniform(0.005, 0.03)
    up_s = changes_s + late_s + rng.normal(0, uneven_s, len(changes_s))
    down_s = up_s + np.maximum(lift_s + rng.normal(0, uneven_s, len(changes_s)), SHORTEST_LIFT_S)
    return list(zip(down_s[:-1].tolist(), up_s[1:].tolist(), strict=True))


def _rhythmic(rng: np.random.Generator, changes_s: Float64Array) -> _Presses:
    """The pedal goes down with the stroke and comes up some time before the next one."""
    late_s, uneven_s = rng.uniform(-0.05, 0.12), rng.uniform(0.005, 0.03)
    down_s = changes_s[:-1] + late_s + rng.normal(0, uneven_s, len(changes_s) - 1)
    if rng.random() < 0.6:
        up_s = changes_s[1:] - rng.uniform(0.0, 0.35) + rng.normal(0, uneven_s, len(down_s))
    else:
        up_s = down_s + np.diff(changes_s) * rng.uniform(0.35, 0.95)
    return list(zip(down_s.tolist(), up_s.tolist(), strict=True))


def _touches(rng: np.random.Generator, changes_s: Float64Array) -> _Presses:
    """Short presses on some of the strokes, or on all."""
    chosen = changes_s[:-1][rng.random(len(changes_s) - 1) < rng.uniform(0.2, 1.2)]
    longest_s = rng.uniform(0.15, 0.7)
    down_s = chosen + rng.uniform(-0.05, 0.1)
    return list(zip(down_s.tolist(), (down_s + rng.uniform(0.08, longest_s, len(down_s))).tolist(), strict=True))


def _wash(rng: np.random.Generator, changes_s: Float64Array) -> _Presses:
    """As legato, but only every few changes."""
    return _legato(rng, np.append(changes_s[:-1][:: int(rng.integers(2, 6))], changes_s[-1]))


_MANNERS: tuple[_Manner, ...] = (_legato, _rhythmic, _touches, _wash)
_MANNER_SHARES = (0.42, 0.26, 0.2, 0.12)
