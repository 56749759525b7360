"""Arranges composed songs: harmony, drums, bass, chords and a tune, bar by bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mp3tomidi.train.rhythm.drum_parts import CRASH, Stroke, drum_bar, fill
from mp3tomidi.train.rhythm.pitched_parts import (
    Chord,
    Played,
    accompaniment,
    bass_figure,
    chord_on,
    cycle,
    free_figure,
    tune,
)
from mp3tomidi.transcribe.rhythm.metres import Metre

# Shares of songs: with drums, a bass, chords, a tune; of tunes that are mere cycles; of chords that come early.
DRUMS, BASS, CHORDS, TUNES = 0.62, 0.75, 0.8, 0.7
CYCLES, PUSHED = 0.12, 0.12
LOWEST_BASS = 33
BARS_OF_SECTION = 8


@dataclass(frozen=True)
class Harmony:
    """The chords of a song, over and over."""

    key: int
    degrees: tuple[int, ...]
    seventh: bool
    halves: int  # chords to a bar
    bars: int  # to a chord
    middle: int  # the beat on which the second chord of a bar begins

    def of_bar(self, bar: int) -> list[Chord]:
        first = bar // self.bars * self.halves
        return [
            chord_on(self.key, self.degrees[(first + half) % len(self.degrees)], self.seventh)
            for half in range(self.halves)
        ]

    def at(self, bar: int, position: float) -> Chord:
        return self.of_bar(bar)[-1 if self.halves > 1 and position >= self.middle else 0]


def arrangement(
    rng: np.random.Generator, metre: Metre, beats_per_minute: float, bar_count: int
) -> tuple[list[Stroke], list[Played]]:
    """All strokes and notes of a song, in beats from its first bar; there may be an upbeat before it."""
    harmony = _harmony(rng, metre, beats_per_minute)
    drums, bass, chords, melody = rng.random(4) < (DRUMS, BASS, CHORDS, TUNES)
    if not (drums or chords):
        melody = chords = True
    played: list[Played] = []
    if bass:
        played += _bass(rng, metre, beats_per_minute, bar_count, harmony)
    if chords:
        played += _chords(rng, metre, beats_per_minute, bar_count, harmony)
    if melody:
        played += _melody(rng, metre, beats_per_minute, bar_count, harmony)
    return _drums(rng, metre, beats_per_minute, bar_count) if drums else [], played


def _harmony(rng: np.random.Generator, metre: Metre, beats_per_minute: float) -> Harmony:
    bar_s = metre.beats * 60 / beats_per_minute
    degrees = [int(degree) for degree in rng.choice([0, 3, 4, 5, 1, 2], int(rng.choice([1, 2, 4, 8])))]
    degrees[0] = 0 if rng.random() < 0.7 else 5
    halves = 2 if bar_s > 2.5 and len(metre.groups) > 1 and rng.random() < 0.4 else 1
    bars = 2 if bar_s < 1.6 and rng.random() < 0.4 else 1
    return Harmony(int(rng.integers(12)), tuple(degrees), bool(rng.random() < 0.3), halves, bars, metre.groups[0])


def _bass(
    rng: np.random.Generator, metre: Metre, beats_per_minute: float, bar_count: int, harmony: Harmony
) -> list[Played]:
    figure, walks = bass_figure(rng, metre, beats_per_minute), rng.random() < 0.4
    played = []
    for bar in range(bar_count):
        for at, length in figure:
            classes = harmony.at(bar, at).classes
            tone = classes[int(rng.integers(3))] if walks and at not in (0.0, harmony.middle) else classes[0]
            played.append((bar * metre.beats + at, length, LOWEST_BASS + (tone - LOWEST_BASS) % 12, 90.0))
    return played


def _chords(
    rng: np.random.Generator, metre: Metre, beats_per_minute: float, bar_count: int, harmony: Harmony
) -> list[Played]:
    ways = [accompaniment(rng, metre, beats_per_minute) for _ in range(int(rng.choice([1, 2])))]
    early = 0.5 if rng.random() < PUSHED else 0.0  # the first of a bar
    played = []
    for bar in range(bar_count):
        for half, chord in enumerate(harmony.of_bar(bar)):
            for at, length, pitch, velocity in ways[bar // BARS_OF_SECTION % len(ways)](chord):
                if harmony.halves > 1 and (at >= harmony.middle) != bool(half):
                    continue
                before = early if at == 0.0 and bar > 0 else 0.0
                played.append((bar * metre.beats + at - before, length + before, pitch, velocity))
    return played


def _melody(
    rng: np.random.Generator, metre: Metre, beats_per_minute: float, bar_count: int, harmony: Harmony
) -> list[Played]:
    density = float(np.clip(rng.uniform(1.0, 4.0) * 60 / beats_per_minute, 0.25, 3.0))
    figures = [free_figure(rng, metre, density, rng.uniform(0, 0.5)) for _ in range(int(rng.choice([1, 2, 4])))]
    runs = cycle(rng, metre, beats_per_minute) if rng.random() < CYCLES else None
    pitch, played = 67, []
    for bar in range(-1 if rng.random() < 0.7 else 0, bar_count):
        if runs is not None:
            notes = runs(bar, harmony.key)
        else:
            notes, pitch = tune(rng, metre, figures, bar, harmony.of_bar(bar)[0], harmony.key, pitch)
        played += [(bar * metre.beats + at, length, key, velocity) for at, length, key, velocity in notes]
    return played


def _drums(rng: np.random.Generator, metre: Metre, beats_per_minute: float, bar_count: int) -> list[Stroke]:
    groove = drum_bar(rng, metre, beats_per_minute).strokes
    enters = int(rng.choice([0, 4, 8])) if rng.random() < 0.3 and bar_count > 16 else 0
    strokes: list[Stroke] = []
    for bar in range(enters, bar_count):
        filled = bar % BARS_OF_SECTION == BARS_OF_SECTION - 1 and rng.random() < 0.5
        of_bar = [stroke for stroke in groove if stroke[0] < metre.beats - 1 or not filled]
        of_bar += fill(rng, metre) if filled else []
        if bar % BARS_OF_SECTION == 0 and rng.random() < 0.5:
            of_bar.append((0.0, CRASH, 100.0))
        strokes += [(bar * metre.beats + at, key, velocity) for at, key, velocity in of_bar if rng.random() > 0.02]
    return strokes
