"""Drum patterns: strokes of one bar by style, varied from song to song and from bar to bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mp3tomidi.transcribe.rhythm.metres import Metre

KICK, RIM, SNARE, CLAP, CLOSED_HAT, OPEN_HAT, RIDE, CRASH, LOW_TOM, HIGH_TOM = 36, 37, 38, 39, 42, 46, 51, 49, 45, 50
Stroke = tuple[float, int, float]  # position in the bar in beats, drum key, velocity
Style = Callable[[np.random.Generator, "DrumBar", float], None]  # plays a bar at so many beats a minute


@dataclass
class DrumBar:
    """Strokes of a bar."""

    strokes: list[Stroke] = field(default_factory=list)

    def add(self, positions: Sequence[float], key: int, velocity: float) -> None:
        self.strokes += [(float(position), key, velocity) for position in positions]


def drum_bar(rng: np.random.Generator, metre: Metre, beats_per_minute: float) -> DrumBar:
    """A bar that a drummer plays throughout a song."""
    bar = DrumBar()
    if metre.signature == "4/4" and metre.division == 2:
        _straight_four(rng, bar, beats_per_minute)
    elif metre.swung:
        _swung(rng, bar, metre)
    elif metre.signature == "3/4":
        _three(rng, bar, beats_per_minute)
    elif metre.signature == "2/4":
        _two(rng, bar, beats_per_minute)
    elif metre.division == 3:
        _compound(rng, bar, metre)
    else:
        _odd(rng, bar, metre, beats_per_minute)
    return bar


def fill(rng: np.random.Generator, metre: Metre) -> list[Stroke]:
    """A fill on the last beat of a bar."""
    parts = metre.division if metre.division == 3 else int(rng.choice([2, 4]))
    keys = rng.choice([SNARE, HIGH_TOM, LOW_TOM], parts)
    last = metre.beats - 1
    return [(last + part / parts, int(key), 95.0) for part, key in enumerate(keys)]


def _cymbals(rng: np.random.Generator, bar: DrumBar, beats: int, beats_per_minute: float) -> None:
    """Hats or a ride in even strokes, as fast as a hand goes."""
    parts = [part for part in (1, 2, 4) if 1.0 < part * beats_per_minute / 60.0 < 9.0]
    part = int(rng.choice(parts, p=_weights([{1: 0.15, 2: 0.6, 4: 0.25}[part] for part in parts])))
    key = int(rng.choice([CLOSED_HAT, RIDE, OPEN_HAT], p=[0.75, 0.17, 0.08]))
    for stroke in range(beats * part):
        position = stroke / part
        bar.add([position], key, 85.0 if position % 1 == 0 else rng.choice([55.0, 70.0, 80.0]))


def _weights(shares: list[float]) -> list[float]:
    total = sum(shares)
    return [share / total for share in shares]


def _straight_four(rng: np.random.Generator, bar: DrumBar, beats_per_minute: float) -> None:
    fast, slow = beats_per_minute > 135, beats_per_minute < 85
    styles: dict[Style, float] = {
        _rock: 3.2 if fast else 4.0 if slow else 3.4,
        _plain: 1.0,
        _house: 2.0 if 85 < beats_per_minute < 180 else 0.2,
        _reggae: 0.3 if fast else 0.8,
        _ska: 0.6 if beats_per_minute > 100 else 0.2,
        _break: 2.0 if fast else 0.1,
        _funk: 0.2 if fast else 1.0,
        _latin: 0.7,
        _half_time: 0.35 if fast else 0.02,
        _train: 0.4,
        _motown: 0.4,
    }
    play = list(styles)[rng.choice(len(styles), p=_weights(list(styles.values())))]
    play(rng, bar, beats_per_minute)


def _backbeat(rng: np.random.Generator, bar: DrumBar, kick: list[float] | None = None) -> None:
    bar.add([0.0, 2.0] if kick is None else kick, KICK, 105.0)
    bar.add([1.0, 3.0], int(rng.choice([SNARE, CLAP, RIM], p=[0.8, 0.1, 0.1])), 105.0)


def _eighths(bar: DrumBar, key: int, velocity: float) -> None:
    bar.add(np.arange(0, 4, 0.5).tolist(), key, velocity)


def _rock(rng: np.random.Generator, bar: DrumBar, beats_per_minute: float) -> None:
    extra = [0.5, 1.5, 2.5, 3.5, 2.75, 0.75, 1.75, 3.75][: 5 if beats_per_minute > 135 else 8]
    kick = [0.0, 2.0] if rng.random() < 0.85 else [0.0]
    _backbeat(rng, bar, kick + [position for position in extra if rng.random() < 0.25])
    _cymbals(rng, bar, 4, beats_per_minute)


def _plain(rng: np.random.Generator, bar: DrumBar, _: float) -> None:
    _backbeat(rng, bar)


def _house(rng: np.random.Generator, bar: DrumBar, _: float) -> None:
    bar.add([0.0, 1.0, 2.0, 3.0], KICK, 105.0)
    if rng.random() < 0.7:
        bar.add([1.0, 3.0], int(rng.choice([SNARE, CLAP])), 105.0)
    if rng.random() < 0.7:
        bar.add([0.5, 1.5, 2.5, 3.5], int(rng.choice([OPEN_HAT, CLOSED_HAT])), 85.0)
    if rng.random() < 0.4:
        bar.add(np.arange(0, 4, 0.25).tolist(), CLOSED_HAT, 55.0)


def _reggae(rng: np.random.Generator, bar: DrumBar, _: float) -> None:
    bar.add([2.0] if rng.random() < 0.6 else [0.0, 1.0, 2.0, 3.0], KICK, 105.0)
    bar.add([2.0], int(rng.choice([SNARE, RIM])), 105.0)
    _eighths(bar, CLOSED_HAT, 75.0)


def _ska(rng: np.random.Generator, bar: DrumBar, _: float) -> None:
    _backbeat(rng, bar)
    if rng.random() < 0.5:
        bar.add([0.5, 1.5, 2.5, 3.5], CLOSED_HAT, 80.0)
    else:
        _eighths(bar, CLOSED_HAT, 80.0)


def _break(rng: np.random.Generator, bar: DrumBar, beats_per_minute: float) -> None:
    _backbeat(rng, bar, [0.0, 2.5] + ([1.5] if rng.random() < 0.3 else []))
    bar.add([position for position in (0.75, 1.75, 2.25, 3.75) if rng.random() < 0.3], SNARE, 50.0)
    _cymbals(rng, bar, 4, beats_per_minute)


def _funk(rng: np.random.Generator, bar: DrumBar, _: float) -> None:
    _backbeat(rng, bar, [0.0, *(at for at in (0.75, 1.5, 1.75, 2.25, 2.5, 2.75, 3.75) if rng.random() < 0.4)])
    bar.add([at for at in (0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25) if rng.random() < 0.25], SNARE, 45.0)
    bar.add(np.arange(0, 4, 0.25 if rng.random() < 0.6 else 0.5).tolist(), CLOSED_HAT, 75.0)


def _latin(rng: np.random.Generator, bar: DrumBar, _: float) -> None:
    bar.add([0.0, 1.5, 2.0, 3.5], KICK, 105.0)
    bar.add([0.0, 1.5, 3.0] if rng.random() < 0.6 else [1.0, 2.5], RIM, 105.0)
    _eighths(bar, CLOSED_HAT, 70.0)


def _half_time(rng: np.random.Generator, bar: DrumBar, beats_per_minute: float) -> None:
    bar.add([0.0, *(at for at in (0.5, 1.5, 3.0, 3.5) if rng.random() < 0.4)], KICK, 105.0)
    bar.add([2.0], SNARE, 105.0)
    _cymbals(rng, bar, 4, beats_per_minute)


def _train(rng: np.random.Generator, bar: DrumBar, _: float) -> None:
    _backbeat(rng, bar)
    _eighths(bar, SNARE, 50.0)


def _motown(rng: np.random.Generator, bar: DrumBar, _: float) -> None:
    bar.add([0.0, 2.0, 2.5], KICK, 105.0)
    bar.add([0.0, 1.0, 2.0, 3.0], SNARE, 105.0)
    _eighths(bar, CLOSED_HAT, 75.0)


def _swung(rng: np.random.Generator, bar: DrumBar, metre: Metre) -> None:
    beats = metre.beats
    accents = _group_starts(metre)
    back = [beat for beat in range(beats) if beat not in accents]
    if rng.random() < 0.6:  # jazz
        bar.add(list(range(beats)), RIDE, 85.0)
        bar.add([beat + 0.5 for beat in back], RIDE, 75.0)
        bar.add(back, CLOSED_HAT, 75.0)
        if rng.random() < 0.4:
            bar.add(list(range(beats)), KICK, 50.0)
        bar.add([beat + 0.5 for beat in range(beats) if rng.random() < 0.2], SNARE, 60.0)
        if rng.random() < 0.3:
            bar.add([0.0], KICK, 90.0)
        return
    bar.add(np.arange(0, beats, 0.5).tolist(), int(rng.choice([CLOSED_HAT, RIDE])), 75.0)  # shuffle
    bar.add(accents, KICK, 105.0)
    bar.add([beat + 0.5 for beat in back if rng.random() < 0.3], KICK, 85.0)
    bar.add(back, SNARE, 105.0)


def _three(rng: np.random.Generator, bar: DrumBar, beats_per_minute: float) -> None:
    style = rng.choice(["waltz", "rock", "late snare"], p=[0.5, 0.3, 0.2])
    bar.add([0], KICK, 105.0)
    if style == "waltz":
        bar.add([1, 2], int(rng.choice([SNARE, CLOSED_HAT, RIM])), 80.0)
        if rng.random() < 0.4:
            bar.add([0, 1, 2], CLOSED_HAT, 70.0)
        return
    _cymbals(rng, bar, 3, beats_per_minute)
    bar.add([2] if style == "late snare" else [1] if rng.random() < 0.4 else [1, 2], SNARE, 105.0)
    bar.add([x for x in (0.5, 1.5, 2.5) if rng.random() < 0.2], KICK, 90.0)


def _two(rng: np.random.Generator, bar: DrumBar, beats_per_minute: float) -> None:
    if rng.random() < 0.5:  # polka
        bar.add([0, 1], KICK, 100.0)
        bar.add([0.5, 1.5], SNARE, 80.0)
        if rng.random() < 0.4:
            bar.add([0, 0.5, 1, 1.5], CLOSED_HAT, 70.0)
        return
    bar.add([0], KICK, 105.0)  # march
    bar.add([1], SNARE, 105.0)
    bar.add([x for x in (0.5, 0.75, 1.5, 1.75) if rng.random() < 0.5], SNARE, 65.0)
    if rng.random() < 0.5:
        _cymbals(rng, bar, 2, beats_per_minute)


def _compound(rng: np.random.Generator, bar: DrumBar, metre: Metre) -> None:
    beats = metre.beats
    hats = np.arange(beats * 3) / 3 if rng.random() < 0.8 else np.arange(beats)
    for position in hats.tolist():
        bar.add([position], int(rng.choice([CLOSED_HAT, CLOSED_HAT, RIDE])), 85.0 if position % 1 < 0.1 else 65.0)
    bar.add(list(range(0, beats, 2)), KICK, 105.0)
    bar.add(list(range(1, beats, 2)), SNARE, 105.0)
    bar.add([beat + 2 / 3 for beat in range(beats) if rng.random() < 0.25], KICK, 85.0)


def _odd(rng: np.random.Generator, bar: DrumBar, metre: Metre, beats_per_minute: float) -> None:
    starts = _group_starts(metre)
    _cymbals(rng, bar, metre.beats, beats_per_minute)
    bar.add([starts[0]], KICK, 105.0)
    bar.add([start for start in starts[1:] if rng.random() < 0.5], KICK, 95.0)
    snares = []
    for start, length in zip(starts, metre.groups, strict=True):
        snares.append(start + (1 if length == 2 or rng.random() < 0.5 else 2))
    if metre.signature == "7/8" and rng.random() < 0.6:
        snares = starts[1:]
    bar.add(snares, SNARE, 105.0)


def _group_starts(metre: Metre) -> list[int]:
    return [0, *np.cumsum(metre.groups[:-1]).tolist()]
