"""Figures of drumming that a groove is broken by or made of: fills, rolls, blast beats, double kick, ostinatos."""

from __future__ import annotations

import numpy as np

from mp3tomidi.augment.drums.strokes import Beats, Strokes
from mp3tomidi.augment.harmony import Setting

KICK, SIDE_STICK, SNARE, CLAP, CLOSED_HAT, PEDAL_HAT, OPEN_HAT = 36, 37, 38, 39, 42, 44, 46
CRASHES, RIDE, CHINA, RIDE_BELL, TAMBOURINE, SPLASH, COWBELL, SHAKER = (49, 57), 51, 52, 53, 54, 55, 56, 70
TOMS = (50, 48, 47, 45, 43, 41)  # from high to low

FASTEST_S = 0.0415  # from stroke to stroke of two hands: 1/32 at 180 beats a minute
FASTEST_FEET_S = 0.065  # 1/16 at 230, on two pedals
_SUBDIVISIONS = (0.5, 1 / 3, 0.25, 1 / 6, 0.125, 1 / 12, 1 / 16)


def grid(start: float, end: float, step: float) -> Beats:
    """Positions from start to before end."""
    return np.asarray(start + step * np.arange(max(0, int(np.ceil((end - start) / step - 1e-9)))), np.float64)


def finest(setting: Setting, shortest_s: float = FASTEST_S) -> float:
    """The finest subdivision of a beat that hands can play at the setting's tempo."""
    playable = [step for step in _SUBDIVISIONS if step * setting.beat_length_s >= shortest_s]
    return playable[-1] if playable else 1.0


def draw_step(rng: np.random.Generator, setting: Setting, shortest_s: float = FASTEST_S) -> float:
    """A subdivision that can be played: mostly sixteenths, now and then others."""
    steps = [step for step in (0.25, 0.25, 0.5, 1 / 3, 1 / 6, 0.125) if step * setting.beat_length_s >= shortest_s]
    return float(rng.choice(steps)) if steps else 1.0


def fill(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """Strokes down the toms or up, on the snare, or both, with kicks between, flams, and at times a roll instead."""
    if rng.random() < 0.2:
        roll(rng, strokes, setting, start, end)
        return
    at = grid(start, end, draw_step(rng, setting))
    at = at[rng.random(len(at)) < rng.choice([0.75, 0.95, 1.0])]
    if not len(at):
        return
    way = np.sort(rng.integers(0, len(TOMS), len(at)))
    if rng.random() < 0.2:
        way = way[::-1]
    elif rng.random() < 0.25:  # from drum to drum, not along the row
        way = rng.integers(0, len(TOMS), len(at))
    keys = np.array(TOMS)[way]
    keys[rng.random(len(at)) < rng.choice([0.1, 0.3, 0.9])] = SNARE
    velocities = 92 + 14 * rng.random() * np.linspace(0, 1, len(at)) + 10 * (np.arange(len(at)) % 2 == 0)
    flammed = (rng.random(len(at)) < (0.3 if rng.random() < 0.25 else 0.0)) & (np.diff(at, append=end) > 0.2)
    strokes.add(at[~flammed], keys[~flammed], velocities[~flammed], straight=True)
    for beat, key in zip(at[flammed], keys[flammed], strict=True):
        strokes.add_flams(rng, setting, beat, key, 95.0)
    strokes.add(at[rng.random(len(at)) < 0.3], KICK, 90.0, straight=True)


def roll(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """One stroke after the other as fast as hands go, on a snare, a tom or a cymbal; growing, falling or even."""
    key = int(rng.choice([SNARE, int(rng.choice(TOMS)), int(rng.choice(CRASHES)), RIDE], p=[0.62, 0.28, 0.05, 0.05]))
    at = grid(start, end, finest(setting))
    first, last = sorted(rng.uniform(25, 110, 2)) if rng.random() < 0.7 else (rng.uniform(50, 105),) * 2
    if rng.random() < 0.2:
        first, last = last, first
    velocities = np.linspace(first, last, len(at)) + 6 * (np.arange(len(at)) % 2 == 0)
    strokes.add(at, key, velocities, straight=True)


def blast_beat(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """Kick and snare in turn or together, some 6 to 12 a second at any tempo, a cymbal with the one or both."""
    at = grid(start, end, finest(setting, 0.08))
    kind = int(rng.integers(3))
    snare, kick = (at[1::2], at[::2]) if kind == 0 else (at[::2], at[1::2]) if kind == 1 else (at, at)
    cymbal = int(rng.choice([RIDE, CLOSED_HAT, OPEN_HAT, CHINA, *CRASHES]))
    strokes.add(snare, SNARE, rng.uniform(75, 105), straight=True)
    strokes.add(kick, KICK, rng.uniform(80, 105), straight=True)
    strokes.add(at[::2] if rng.random() < 0.7 else at, cymbal, rng.uniform(70, 100), straight=True)


def double_kick(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """Both feet in sixteenths or triplets, whole or in gallops, under a back beat and a cymbal."""
    slow = rng.random() < 0.5
    step = draw_step(rng, setting, FASTEST_FEET_S) if slow else finest(setting, FASTEST_FEET_S)
    feet = grid(start, end, step)
    if rng.random() < 0.35:
        feet = feet[np.arange(len(feet)) % 4 != int(rng.integers(1, 4))]
    strokes.add(feet, KICK, rng.uniform(80, 100), straight=True)
    strokes.add(grid(start + 1, end, 2), SNARE, 105.0)
    cymbal = int(rng.choice([RIDE, RIDE_BELL, CHINA, OPEN_HAT, CLOSED_HAT, *CRASHES]))
    strokes.add(grid(start, end, float(rng.choice([0.5, 1.0]))), cymbal, rng.uniform(75, 100))


def tom_pattern(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """A figure of a bar or two on toms, repeated, over a kick; often with a back beat or trodden hats."""
    length = float(rng.choice([2, 4, 8]))
    step = max(draw_step(rng, setting, 0.09), 1 / 6)
    figure = grid(0, length, step)
    figure = figure[rng.random(len(figure)) < rng.uniform(0.4, 1.0)]
    drums = rng.choice(TOMS, int(rng.integers(1, 5)), replace=False)
    keys = rng.choice(drums, len(figure))
    accents = 70 + 35 * (rng.random(len(figure)) < 0.4)
    for begin in grid(start, end, length):
        inside = begin + figure < end
        strokes.add((begin + figure)[inside], keys[inside], accents[inside])
    strokes.add(grid(start, end, float(rng.choice([1, 2, 4]))), KICK, 95.0)
    if rng.random() < 0.4:
        strokes.add(grid(start + 1, end, 2), SNARE, 100.0)
    if rng.random() < 0.5:
        strokes.add(grid(start + float(rng.integers(2)), end, 2), PEDAL_HAT, 65.0)


def cymbal_pattern(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """A groove ridden on a crash, a ride with its bell, a china or the open hat, with other cymbals struck between."""
    step = float(rng.choice([0.5, 1.0, 1.0, 0.25])) if setting.beat_length_s > 0.4 else float(rng.choice([0.5, 1.0]))
    at = grid(start, end, step)
    ridden = int(rng.choice([*CRASHES, RIDE, OPEN_HAT, CHINA, RIDE_BELL], p=[0.25, 0.2, 0.25, 0.15, 0.08, 0.07]))
    strokes.add(at, ridden, rng.uniform(65, 100) + 12 * (at % 1 == 0))
    if ridden == RIDE:
        strokes.add(at[rng.random(len(at)) < 0.2], RIDE_BELL, 95.0)
    beats = grid(start, end, 1.0)
    struck = beats[rng.random(len(beats)) < rng.uniform(0.05, 0.4)]
    others = rng.choice([*CRASHES, SPLASH, CHINA, RIDE, OPEN_HAT], len(struck), p=[0.28, 0.27, 0.15, 0.1, 0.1, 0.1])
    strokes.add(struck, others, 100.0)
    strokes.add(struck[rng.random(len(struck)) < 0.7], KICK, 100.0)
    strokes.add(grid(start, end, 2), KICK, 95.0)
    strokes.add(grid(start + 1, end, 2), SNARE, 100.0)
    if rng.random() < 0.12:  # a swell into the next part
        swell = grid(max(start, end - 4), end, max(0.125, finest(setting)))
        strokes.add(swell, int(rng.choice(CRASHES)), np.linspace(20, 95, len(swell)), straight=True)


def hand_drums(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """Latin percussion in layers of two bars, each a repeated figure, with some kick and side stick."""
    clave = np.array(_CLAVES[int(rng.integers(len(_CLAVES)))])
    layers: list[tuple[tuple[int, ...], float]] = [
        ((62, 63, 64), 0.6),
        ((60, 61), 0.4),
        ((65, 66), 0.25),
        ((67, 68), 0.25),
        ((76, 77), 0.2),
    ]
    for keys, share in layers:
        if rng.random() < share:
            figure = grid(0, 8, 0.5 if setting.beat_length_s < 0.35 else 0.25)
            figure = figure[rng.random(len(figure)) < rng.uniform(0.3, 0.8)]
            played = rng.choice(keys, len(figure))
            for begin in grid(start, end, 8):
                inside = begin + figure < end
                strokes.add((begin + figure)[inside], played[inside], 70 + 20 * (figure[inside] % 1 == 0))
    held = int(rng.choice([75, SIDE_STICK, COWBELL, CLAP]))
    for begin in grid(start, end, 8):
        strokes.add((begin + clave)[begin + clave < end], held, 90.0)
    shaken = int(rng.choice([SHAKER, 69, TAMBOURINE, CLOSED_HAT]))
    at = grid(start, end, 0.5 if setting.beat_length_s < 0.35 else 0.25)
    strokes.add(at, shaken, 55 + 20 * (at % 1 == 0))
    kicks = grid(start, end, 2)
    strokes.add(np.concatenate([kicks, kicks + 1.5])[: 2 * len(kicks)], KICK, 85.0)


# 3-2 son, 2-3 son, rumba and bossa clave, over two bars of four.
_CLAVES = (
    (0, 1.5, 3, 5, 6),
    (1, 2, 4, 5.5, 7),
    (0, 1.5, 3.5, 5, 6),
    (0, 1.5, 3, 5, 6.5),
)


def even_handed(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """Every piece as often as any other, alone and two at once, in no style: what grooves never put together."""
    pieces = (KICK, SNARE, SIDE_STICK, CLOSED_HAT, PEDAL_HAT, OPEN_HAT, *TOMS, *CRASHES, RIDE, RIDE_BELL, SPLASH, CHINA)
    at = grid(start, end, max(draw_step(rng, setting, 0.08), 0.25))
    at = at[rng.random(len(at)) < rng.uniform(0.25, 0.9)]
    strokes.add(at, rng.choice(pieces, len(at)), rng.uniform(45, 110, len(at)))
    also = at[rng.random(len(at)) < 0.35]
    strokes.add(also, rng.choice(pieces, len(also)), rng.uniform(45, 110, len(also)))


def rudiments(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """A drummer alone: rolls, flams, drags, accented sixteenths, wandering over snare and toms."""
    at = start
    while at < end:
        until = min(end, at + float(rng.choice([1, 2, 2, 4])))
        kind = int(rng.choice(4, p=[0.35, 0.2, 0.15, 0.3]))
        if kind == 0:
            roll(rng, strokes, setting, at, until)
        elif kind == 1:
            keys = rng.choice((SNARE, *TOMS))
            step = 0.5 if 0.5 * setting.beat_length_s > 0.12 else 1.0
            strokes.add_flams(rng, setting, grid(at, until, step), int(keys), 100.0)
        elif kind == 2:  # drags: two soft strokes before each
            beats = grid(at, until, 0.5 if 0.5 * setting.beat_length_s > 0.2 else 1.0)
            apart = FASTEST_S / setting.beat_length_s
            strokes.add(np.concatenate([beats - 2 * apart, beats - apart]), SNARE, 45.0, straight=True)
            strokes.add(beats, SNARE, 95.0, straight=True)
        else:
            sixteenths = grid(at, until, max(0.25, finest(setting, 0.06)))
            accented = rng.random(len(sixteenths)) < 0.35
            keys = np.where(accented & (rng.random(len(sixteenths)) < 0.6), rng.choice(TOMS, len(sixteenths)), SNARE)
            strokes.add(sixteenths, keys, np.where(accented, 105.0, 50.0), straight=True)
        if rng.random() < 0.5:
            strokes.add(at, int(rng.choice(CRASHES)), 105.0)
        strokes.add(grid(at, until, 1.0), KICK if rng.random() < 0.5 else PEDAL_HAT, 80.0)
        at = until
