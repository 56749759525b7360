"""Written drumming: a groove on the beats of a setting, with fills, ghost notes and crashes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.harmony import Setting
from mp3tomidi.augment.labels import DRUM_HIT

KICK, SNARE, SIDE_STICK, CLAP, CLOSED_HAT, PEDAL_HAT, OPEN_HAT = 36, 38, 37, 39, 42, 44, 46
CRASHES, RIDE, RIDE_BELL, TAMBOURINE, COWBELL, SHAKER = (49, 57), 51, 53, 54, 56, 70
TOMS = (50, 48, 47, 45, 43, 41)  # from high to low


@dataclass(frozen=True)
class Groove:
    """Positions in beats within a bar of four, repeated (or cut) for other bars."""

    kick: tuple[float, ...]
    snare: tuple[float, ...]
    cymbal_step: float  # beats from one hi-hat, ride or shaker stroke to the next
    swing: float = 0.0  # delay of every second half beat, in beats


GROOVES = (
    Groove((0, 2), (1, 3), 0.5),
    Groove((0, 1.5, 2), (1, 3), 0.5),
    Groove((0, 2, 2.5), (1, 3), 0.25),
    Groove((0, 1, 2, 3), (1, 3), 0.5),  # four on the floor
    Groove((0, 0.75, 2.25, 2.5), (1, 3), 0.25),  # funk
    Groove((0, 2.5), (2,), 0.5),  # half time
    Groove((0, 2), (1, 3), 0.5, swing=1 / 6),  # shuffle
    Groove((0,), (2,), 1.0, swing=1 / 6),  # ballad, jazz
    Groove((0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), (0.5, 1.5, 2.5, 3.5), 0.5),  # double kick
    Groove((0, 0.75, 1.5, 2, 2.75, 3.5), (0.75, 1.5, 2.5, 3.5), 0.25),  # clave-like
)


def write_drums(rng: np.random.Generator, setting: Setting) -> NDArray[np.void]:
    """Write and play drums for a whole setting: hits (dtype DRUM_HIT, clip 0), sorted by onset."""
    groove = GROOVES[int(rng.integers(len(GROOVES)))]
    cymbal = int(rng.choice([CLOSED_HAT, RIDE, OPEN_HAT, SHAKER, TAMBOURINE, RIDE_BELL, COWBELL], p=_CYMBAL_SHARES))
    snare = int(rng.choice([SNARE, SIDE_STICK, CLAP], p=[0.8, 0.12, 0.08]))
    ghosts = rng.uniform(0, 0.3) if rng.random() < 0.4 else 0.0
    rows: list[tuple[NDArray[np.float64], int, float]] = []
    for bar in range(setting.bar_count):
        start = float(bar * setting.beats_per_bar)
        end = start + setting.beats_per_bar
        filled_from = end - float(rng.choice([1, 2])) if rng.random() < 0.15 else end
        rows.append((_in_bar(groove.kick, start, filled_from), KICK, 95.0))
        rows.append((_in_bar(groove.snare, start, filled_from), snare, 100.0))
        strokes = np.arange(start, filled_from, groove.cymbal_step)
        rows.append((strokes, cymbal, 75.0))
        sixteenths = np.arange(start, filled_from, 0.25)
        rows.append((sixteenths[rng.random(len(sixteenths)) < ghosts], snare, 30.0))
        if cymbal == CLOSED_HAT and rng.random() < 0.2:
            rows.append((np.array([filled_from - 0.5]), OPEN_HAT, 85.0))
        if cymbal == RIDE and rng.random() < 0.6:
            rows.append((_in_bar((1, 3), start, filled_from), PEDAL_HAT, 60.0))
        if filled_from < end:
            rows.extend(_fill(rng, filled_from, end))
        if rng.random() < (0.7 if bar == 0 else 0.12):
            rows.append((np.array([start]), int(rng.choice(CRASHES)), 110.0))
    beats = np.concatenate([beat for beat, _, _ in rows])
    hits = np.zeros(len(beats), DRUM_HIT)
    off_beat = np.abs(beats % 1 - 0.5) < 0.01
    hits["onset_s"] = setting.seconds(beats + groove.swing * off_beat)
    hits["onset_s"] += rng.normal(0, rng.uniform(0, 0.01), len(hits))
    hits["key"] = np.concatenate([np.full(len(beat), key) for beat, key, _ in rows])
    loudness = np.concatenate([np.full(len(beat), velocity) for beat, _, velocity in rows])
    loudness += 10.0 * (beats % 1 == 0) + rng.normal(0, rng.uniform(2, 12), len(hits)) + rng.normal(-10, 14)
    hits["velocity"] = np.clip(np.round(loudness), 5, 127)
    return hits[np.argsort(hits["onset_s"], kind="stable")]


_CYMBAL_SHARES = (0.52, 0.22, 0.08, 0.05, 0.05, 0.04, 0.04)


def _in_bar(positions: tuple[float, ...], start: float, end: float) -> NDArray[np.float64]:
    beats = start + np.concatenate([np.array(positions), 4.0 + np.array(positions)])
    return beats[beats < end]


def _fill(rng: np.random.Generator, start: float, end: float) -> list[tuple[NDArray[np.float64], int, float]]:
    """Strokes down the toms, or on the snare, with a kick now and then."""
    strokes = np.arange(start, end, float(rng.choice([0.5, 0.25, 1 / 3, 1 / 6])))
    strokes = strokes[rng.random(len(strokes)) < 0.9]
    way_down = np.sort(rng.integers(0, len(TOMS), len(strokes)))
    keys = np.array(TOMS)[way_down]
    keys[rng.random(len(strokes)) < rng.choice([0.2, 0.9])] = SNARE
    fill = [(strokes[keys == key], int(key), 95.0) for key in np.unique(keys)]
    return [*fill, (strokes[rng.random(len(strokes)) < 0.3], KICK, 90.0)]
