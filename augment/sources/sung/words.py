"""Draws the syllables of a sung line, and the same ones for another voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mp3tomidi.augment.sources.sung.melody import Attack, Line, Words
from mp3tomidi.augment.sources.sung.syllables import Frames, Grid, Syllable

_SOLFEGE_CONSONANTS = ("d", "d", "r", "r", "m", "f", "f", "s", "s", "l", "t", "t")  # of the 12 degrees
_TIMBRE_SHARE = 4  # of the cepstrum the first quarter: formants, but no finer


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The syllables of one timbre, all with loudness 1: `hums` have no vowel but a held m or n."""

    syllables: Sequence[Syllable]
    hums: Sequence[Syllable]

    @property
    def grid(self) -> Grid:
        """What its syllables are coded in, and at which rate they are sung."""
        return self.syllables[0].grid


def choose_syllables(rng: np.random.Generator, line: Line, repertoire: Repertoire) -> list[Syllable]:
    """A syllable for every note; a slurred note goes on with the one before.

    Repertoires of one speaker's warps and an `rng` in the same state give the same words: so a choir agrees on them.
    """

    def any_of(pool: Sequence[Syllable]) -> Syllable:
        return pool[int(rng.integers(len(pool)))]

    consonant = any_of([s for s in repertoire.syllables if s.vowel_frame > 0]).consonant
    same = [s for s in repertoire.syllables if s.consonant == consonant]
    one = any_of(same)
    held = any_of(repertoire.hums if line.words is Words.HUM else repertoire.syllables)
    chosen: list[Syllable] = []
    for note in line.notes:
        if note.attack is Attack.SLUR and chosen:
            chosen.append(chosen[-1])
        elif line.words in {Words.HUM, Words.VOWEL}:
            chosen.append(held)
        elif line.words is Words.LA:
            chosen.append(one if rng.random() < 0.8 else any_of(same))
        elif line.words is Words.SOLFEGE:
            fitting = [s for s in repertoire.syllables if s.consonant == _SOLFEGE_CONSONANTS[note.degree]]
            chosen.append(any_of(fitting or repertoire.syllables))
        else:
            chosen.append(any_of(repertoire.syllables))
    return chosen


def echo(syllable: Syllable, repertoire: Repertoire) -> Syllable:
    """The syllable of another speaker's `repertoire` that sounds most like `syllable`."""
    pool: Sequence[Syllable]
    if syllable.vowel in {"m", "n"}:
        pool = [hum for hum in repertoire.hums if hum.vowel == syllable.vowel] or repertoire.hums
    else:
        same = [other for other in repertoire.syllables if other.consonant == syllable.consonant]
        pool = same or repertoire.syllables
    wanted = _vowel_timbre(syllable)
    return min(pool, key=lambda other: float(np.square(_vowel_timbre(other) - wanted).sum()))


def _vowel_timbre(syllable: Syllable) -> Frames:
    last = syllable.grid.cepstrum_count // _TIMBRE_SHARE
    timbre: Frames = syllable.cepstrum[syllable.vowel_frame :, 1:last].mean(axis=0)
    return timbre
