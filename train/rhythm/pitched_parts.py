"""Bass, accompaniment and tune: notes of one bar in beats, over its chord."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mp3tomidi.transcribe.rhythm.metres import Metre

Played = tuple[float, float, int, float]  # position in the bar and length in beats, pitch, velocity
Figure = list[tuple[float, float]]  # positions in the bar and lengths, in beats
MAJOR = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True, slots=True)
class Chord:
    """Pitch classes, the root first, and the degree of the scale that it is built on."""

    classes: tuple[int, ...]

    def near(self, pitch: float) -> list[int]:
        """Its pitches, closest to `pitch`, rising."""
        return sorted(int(c + 12 * round((pitch - c) / 12)) for c in self.classes)


def chord_on(key: int, degree: int, seventh: bool) -> Chord:
    steps = [0, 2, 4, 6] if seventh else [0, 2, 4]
    return Chord(tuple((key + MAJOR[(degree + step) % 7]) % 12 for step in steps))


def starts_of(metre: Metre) -> list[float]:
    """Where the groups of a bar begin."""
    return [0.0, *np.cumsum(metre.groups[:-1]).astype(float).tolist()]


def free_figure(rng: np.random.Generator, metre: Metre, density: float, syncopation: float) -> Figure:
    """A rhythm, likelier where the metre is stronger. density: notes per beat; syncopation: 0 to 1."""
    parts = metre.division if metre.division == 3 and not metre.swung else 2
    if parts == 2 and density > 1.2 and not metre.swung:
        parts = 4
    positions = np.arange(metre.beats * parts) / parts
    strength = np.full(len(positions), 0.15)
    on_half = np.isclose(positions * 2 % 1, 0)
    strength[on_half] = 0.4
    strength[np.isclose(positions % 1, 0)] = 0.8
    strength[np.isin(positions, starts_of(metre))] = 1.0
    strength[0] = 1.3
    strength = (1 - syncopation) * strength + syncopation * rng.uniform(0.1, 1.0, len(positions))
    chance = np.clip(strength * density * metre.beats / strength.sum(), 0, 0.97)
    at = positions[rng.random(len(positions)) < chance]
    if not len(at):
        at = positions[:1]
    lengths = np.diff(np.append(at, metre.beats + at[0]))
    return [
        (float(p), float(n) * float(rng.choice([0.5, 0.95], p=[0.25, 0.75]))) for p, n in zip(at, lengths, strict=True)
    ]


def bass_figure(rng: np.random.Generator, metre: Metre, beats_per_minute: float) -> Figure:
    """What a bass plays in every bar of a song."""
    beats, starts = metre.beats, starts_of(metre)
    ways: dict[str, float] = {"bar": 1.0, "groups": 2.0, "beats": 2.0, "dotted": 0.7, "free": 1.0}
    ways["halves"] = 1.5 if beats_per_minute < 160 else 0.3
    ways["off"] = 0.5 if metre.division == 2 and metre.beats == 4 else 0.0
    names = list(ways)
    share = np.array([ways[name] for name in names])
    way = str(rng.choice(names, p=share / share.sum()))
    figures: dict[str, Figure] = {
        "bar": [(0.0, beats * 0.95)],
        "groups": [(start, length * 0.9) for start, length in zip(starts, metre.groups, strict=True)],
        "beats": [(float(beat), 0.9) for beat in range(beats)],
        "halves": _divided(metre),
        "off": [(beat + 0.5, 0.4) for beat in range(beats)],
        "dotted": [(0.0, 1.4), (1.5, 0.4), (2.0, 1.4)] + ([(3.5, 0.4)] if rng.random() < 0.5 else []),
    }
    if way == "free" or (way == "dotted" and beats < 4):
        return free_figure(rng, metre, rng.uniform(0.5, 1.5), rng.uniform(0, 0.6))
    return figures[way]


def _divided(metre: Metre) -> Figure:
    parts = 3 if metre.division == 3 and not metre.swung else 2
    return [(step / parts, 0.9 / parts) for step in range(parts * metre.beats)]


Accompaniment = Callable[[Chord], list[Played]]


def accompaniment(rng: np.random.Generator, metre: Metre, beats_per_minute: float) -> Accompaniment:
    """How chords are played in every bar of a song."""
    beats, register = metre.beats, rng.uniform(55, 67)
    ways: dict[str, float] = {"held": 1.5, "beats": 1.0, "free": 1.5, "off": 0.8, "after": 1.0, "broken": 2.0}
    ways["groups"] = 0.8
    names = list(ways)
    share = np.array([ways[name] for name in names])
    way = str(rng.choice(names, p=share / share.sum()))
    if way == "broken":
        return _broken(rng, metre, beats_per_minute, register)
    figure: Figure
    if way == "held":
        figure = [(0.0, beats * 0.97)]
    elif way == "beats":
        figure = [(float(beat), float(rng.choice([0.5, 0.9]))) for beat in range(beats)]
    elif way == "off":
        third = 2 / 3 if metre.division == 3 and not metre.swung else 0.5
        figure = [(beat + third, 0.3) for beat in range(beats)]
    elif way == "after":  # on the beats that the bass leaves
        starts = starts_of(metre)
        figure = [(float(beat), 0.6) for beat in range(beats) if beat not in starts] or [(0.5, 0.4)]
    elif way == "groups":
        figure = [(start, length * 0.95) for start, length in zip(starts_of(metre), metre.groups, strict=True)]
    else:
        figure = free_figure(rng, metre, rng.uniform(0.4, 1.2), rng.uniform(0, 0.7))
    velocity = rng.uniform(60, 90)
    return lambda chord: [(at, length, pitch, velocity) for at, length in figure for pitch in chord.near(register)]


def _broken(rng: np.random.Generator, metre: Metre, beats_per_minute: float, register: float) -> Accompaniment:
    """Chords note by note, as fast as fingers go."""
    if metre.division == 3:
        parts = 3 if not metre.swung else 2
    else:
        parts = int(rng.choice([part for part in (1, 2, 4) if part == 1 or part * beats_per_minute / 60 < 9.5][-2:]))
    order = rng.choice(["up", "up and down", "alberti", "random"])
    spread = rng.choice([1, 2])
    rings = rng.choice([0.9, 3.0])
    numbers = rng.integers(0, 4, 16)

    def played(chord: Chord) -> list[Played]:
        pitches = chord.near(register)
        if spread == 2:
            pitches = pitches + [pitch + 12 for pitch in pitches]
        count = metre.beats * parts
        cycle = [*range(len(pitches)), *range(len(pitches) - 2, 0, -1)]
        notes = []
        for step in range(count):
            if order == "up":
                number = step % len(pitches)
            elif order == "up and down":
                number = cycle[step % len(cycle)]
            elif order == "alberti":
                number = (0, 2, 1, 2)[step % 4]
            else:
                number = int(numbers[step % 16]) % len(pitches)
            notes.append((step / parts, rings / parts, pitches[number], 70.0 + (8.0 if step % parts == 0 else 0.0)))
        return notes

    return played


def tune(
    rng: np.random.Generator, metre: Metre, figures: Sequence[Figure], bar: int, chord: Chord, key: int, pitch: int
) -> tuple[list[Played], int]:
    """A bar of melody that begins near `pitch`, and the pitch that it ends on."""
    figure = figures[bar % len(figures)]
    if rng.random() < 0.15:
        figure = free_figure(rng, metre, len(figure) / metre.beats, 0.2)
    notes = []
    scale = [p for p in range(50, 90) if (p - key) % 12 in MAJOR]
    for at, length in figure:
        step = int(rng.choice([-2, -1, -1, 0, 1, 1, 2]))
        index = int(np.clip(np.searchsorted(scale, pitch) + step, 0, len(scale) - 1))
        pitch = scale[index]
        if at % 1 == 0 and rng.random() < 0.6:
            pitch = min((p for p in range(55, 86) if p % 12 in chord.classes), key=lambda p: abs(p - pitch))
        notes.append((at, length, pitch, 85.0 + (10.0 if at == 0 else 0.0)))
    return notes, pitch


def cycle(rng: np.random.Generator, metre: Metre, beats_per_minute: float) -> Callable[[int, int], list[Played]]:
    """Even notes whose pitches go round and round, mostly in other numbers than a bar has; asked for by bar and key."""
    parts = metre.division if not metre.swung else 2
    if parts * beats_per_minute / 60 > 7:
        parts = 1
    steps = rng.integers(0, 7, int(rng.integers(3, 8)))
    per_bar = metre.beats * parts

    def played(bar: int, key: int) -> list[Played]:
        degrees = [int(steps[(bar * per_bar + step) % len(steps)]) for step in range(per_bar)]
        return [(step / parts, 0.9 / parts, 67 + (key - 67) % 12 + MAJOR[d], 80.0) for step, d in enumerate(degrees)]

    return played
