"""Written drumming: grooves on the beats of a setting, and what the corpora of drumming lack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.drums.fills import (
    CLAP,
    CLOSED_HAT,
    COWBELL,
    CRASHES,
    KICK,
    OPEN_HAT,
    PEDAL_HAT,
    RIDE,
    RIDE_BELL,
    SHAKER,
    SIDE_STICK,
    SNARE,
    TAMBOURINE,
    blast_beat,
    cymbal_pattern,
    double_kick,
    even_handed,
    fill,
    grid,
    hand_drums,
    rudiments,
    tom_pattern,
)
from mp3tomidi.augment.drums.strokes import Beats, Strokes, perform
from mp3tomidi.augment.harmony import Setting

Figure = Callable[[np.random.Generator, Strokes, Setting, float, float], None]

# Of the drummers of midi/groove's hits 47 % are kick and snare, 30 % hats, 12 % rides, 7 % toms and 1.3 % crashes and
# splashes: networks taught on such shares lose toms and cymbals. So half of what is written has them in the front.
STYLE_SHARES: dict[str, float] = {
    "groove": 0.38,
    "jazz": 0.07,
    "toms": 0.13,
    "cymbals": 0.13,
    "even": 0.09,
    "rudiments": 0.08,
    "double kick": 0.04,
    "blast": 0.03,
    "hands": 0.05,
}
_FIGURES: dict[str, Figure] = {
    "toms": tom_pattern,
    "cymbals": cymbal_pattern,
    "even": even_handed,
    "rudiments": rudiments,
    "double kick": double_kick,
    "blast": blast_beat,
    "hands": hand_drums,
}
_ODD_METRE_SHARE = 0.12  # of the grooves are of 5, 7 or seven eighths, whatever the setting's metre
_FILL_SHARE = 0.2  # of the bars end in one


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
    Groove((0,), (2,), 1.0, swing=1 / 6),  # ballad
    Groove((0, 0.75, 1.5, 2, 2.75, 3.5), (0.75, 1.5, 2.5, 3.5), 0.25),  # clave-like
    Groove((0, 1.5, 3.5), (1, 1.75, 2.25, 3), 0.25),  # broken
    Groove((0, 0.5, 2, 2.5), (1, 3), 1 / 3),  # in triplets
    Groove((2,), (2,), 0.5),  # one drop
)
_CYMBALS = (CLOSED_HAT, RIDE, OPEN_HAT, SHAKER, TAMBOURINE, RIDE_BELL, COWBELL)
_CYMBAL_SHARES = (0.52, 0.22, 0.08, 0.05, 0.05, 0.04, 0.04)


def write_drums(rng: np.random.Generator, setting: Setting) -> NDArray[np.void]:
    """Write and play drums for a whole setting: hits (dtype DRUM_HIT, clip 0), sorted by onset."""
    shares = np.array(list(STYLE_SHARES.values()))
    style = list(STYLE_SHARES)[int(rng.choice(len(shares), p=shares / shares.sum()))]
    strokes = Strokes()
    swing = 0.0
    if style == "groove":
        groove = GROOVES[int(rng.integers(len(GROOVES)))]
        swing = groove.swing if rng.random() < 0.7 else float(rng.choice([0.0, 0.08, 1 / 6]))
        _groove(rng, strokes, setting, groove)
    elif style == "jazz":
        swing = rng.uniform(0.1, 0.18)
        _jazz(rng, strokes, setting)
    else:
        _figured(rng, strokes, setting, _FIGURES[style])
    return perform(rng, strokes, setting, swing=swing)


def _figured(rng: np.random.Generator, strokes: Strokes, setting: Setting, figure: Figure) -> None:
    """A figure, begun anew every few bars, with a fill and a crash between."""
    start, beats = 0.0, float(setting.beat_count)
    while start < beats:
        end = min(beats, start + setting.beats_per_bar * float(rng.choice([2, 4])))
        figure(rng, strokes, setting, start, end)
        if rng.random() < 0.4:
            _fill_before(rng, strokes, setting, start, end)
        if rng.random() < 0.5:
            strokes.add(start, int(rng.choice(CRASHES)), 108.0)
        start = end


def _groove(rng: np.random.Generator, strokes: Strokes, setting: Setting, groove: Groove) -> None:
    cymbal = int(rng.choice(_CYMBALS, p=_CYMBAL_SHARES))
    snare = int(rng.choice([SNARE, SIDE_STICK, CLAP], p=[0.78, 0.14, 0.08]))
    ghosts = rng.uniform(0, 0.3) if rng.random() < 0.4 else 0.0
    opens = rng.uniform(0.03, 0.25) if cymbal == CLOSED_HAT and rng.random() < 0.4 else 0.0
    bar = float(setting.beats_per_bar)
    if rng.random() < _ODD_METRE_SHARE:
        bar = float(rng.choice([5.0, 7.0, 3.5]))
    for index, start in enumerate(grid(0.0, setting.beat_count, bar)):
        end = start + bar
        strokes.add(_in_bar(groove.kick, start, end), KICK, 95.0)
        strokes.add(_in_bar(groove.snare, start, end), snare, 100.0)
        ridden = grid(start, end, groove.cymbal_step)
        opened = rng.random(len(ridden)) < opens
        strokes.add(ridden, np.where(opened, OPEN_HAT, cymbal), 75.0 + 8 * opened)
        sixteenths = grid(start, end, 0.25)
        strokes.add(sixteenths[rng.random(len(sixteenths)) < ghosts], snare if snare != CLAP else SNARE, 30.0)
        if cymbal == CLOSED_HAT and rng.random() < 0.2:
            strokes.add(end - 0.5, OPEN_HAT, 85.0)
        if cymbal == RIDE and rng.random() < 0.6:
            strokes.add(_in_bar((1, 3), start, end), PEDAL_HAT, 60.0)
        if rng.random() < _FILL_SHARE:
            _fill_before(rng, strokes, setting, start, end)
        if rng.random() < (0.7 if index == 0 else 0.15):
            strokes.add(start, int(rng.choice(CRASHES)), 110.0)


def _jazz(rng: np.random.Generator, strokes: Strokes, setting: Setting) -> None:
    """The ride's swing, hats trodden on two and four, a feathered kick, and a snare that comments or is swept."""
    end = float(setting.beat_count)
    beats, offs = grid(0.0, end, 1.0), grid(1.5, end, 2.0)
    ride = RIDE if rng.random() < 0.8 else CLOSED_HAT
    strokes.add(beats, ride, 72.0 + 10 * (beats % 2 == 1))
    strokes.add(offs[rng.random(len(offs)) < 0.9], ride, 66.0)
    strokes.add(beats[1::2], PEDAL_HAT, 70.0)
    if rng.random() < 0.5:
        strokes.add(beats, KICK, 35.0)
    swept = rng.random() < 0.3
    comments = grid(0.0, end, 0.5)
    comments = comments[rng.random(len(comments)) < rng.uniform(0.1, 0.35)]
    strokes.add(beats if swept else comments, SNARE, 38.0 if swept else rng.uniform(35, 90, len(comments)))
    bombs = comments[rng.random(len(comments)) < 0.25]
    strokes.add(bombs, KICK, 90.0)
    strokes.add(bombs[rng.random(len(bombs)) < 0.3], int(rng.choice(CRASHES)), 85.0)
    if rng.random() < 0.3:
        _fill_before(rng, strokes, setting, max(0.0, end - 4), end)


def _fill_before(rng: np.random.Generator, strokes: Strokes, setting: Setting, start: float, end: float) -> None:
    """Replace the end of what is written from `start` to `end` by a fill."""
    filled_from = max(start, end - float(rng.choice([1, 2, 2, 4])))
    strokes.without(filled_from, end)
    fill(rng, strokes, setting, filled_from, end)


def _in_bar(positions: tuple[float, ...], start: float, end: float) -> Beats:
    beats = start + np.concatenate([np.array(positions), 4.0 + np.array(positions)])
    return beats[beats < end]
