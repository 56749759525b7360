"""Lines for one singer: folk-like songs, sight singing, held notes and quick runs, with who sings which syllable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

SHORTEST_NOTE_S = 0.12
LONGEST_NOTE_S = 4.0
LEAD_IN_S = 0.5  # room for a breath and a first consonant
TAIL_S = 0.5

_SCALES = (
    (0, 2, 4, 5, 7, 9, 11),  # major
    (0, 2, 3, 5, 7, 8, 10),  # minor
    (0, 2, 3, 5, 7, 8, 11),  # harmonic minor
    (0, 2, 4, 7, 9),  # pentatonic
    (0, 2, 3, 5, 7, 9, 10),  # dorian
    (0, 2, 4, 5, 7, 9, 10),  # mixolydian
    tuple(range(12)),
)
_SCALE_SHARES = (0.42, 0.18, 0.06, 0.14, 0.06, 0.06, 0.08)
_STEPS = (-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5)  # of the scale
_STEP_SHARES = (0.015, 0.03, 0.05, 0.09, 0.22, 0.15, 0.22, 0.11, 0.055, 0.04, 0.02)


class Attack(Enum):
    """How a note begins."""

    SYLLABLE = "syllable"  # with its own consonant
    VOWEL = "vowel"  # the vowel struck again, without a consonant
    SLUR = "slur"  # on the voice of the note before


class Words(Enum):
    """What is sung."""

    LYRICS = "lyrics"  # any syllables
    SOLFEGE = "solfege"  # one syllable for each degree of the scale
    LA = "la"  # the same syllable again and again
    VOWEL = "vowel"
    HUM = "hum"


@dataclass(frozen=True, slots=True)
class LineNote:
    """A note as written: `degree` is the pitch above the tonic in semitones, 0 to 11."""

    onset_s: float
    offset_s: float
    pitch: int
    degree: int
    attack: Attack


@dataclass(frozen=True, slots=True)
class Line:
    notes: tuple[LineNote, ...]
    words: Words


@dataclass(frozen=True, slots=True)
class _Style:
    words: tuple[Words, ...]
    word_shares: tuple[float, ...]
    values: Callable[[np.random.Generator], list[float]]  # lengths in seconds of as many notes as fit
    rest_share: float


def draw_line(rng: np.random.Generator, *, lowest: int, highest: int, duration_s: float, looseness: float) -> Line:
    """A line of at most `duration_s`, lead-in and tail included, within MIDI `lowest` to `highest`.

    `looseness` is the standard deviation of a note's length, as a share of it.
    """
    style = _STYLES[int(rng.choice(len(_STYLES), p=_STYLE_SHARES))]
    words = style.words[int(rng.choice(len(style.words), p=style.word_shares))]
    lengths = style.values(rng)
    span = int(rng.integers(7, 15))
    bottom = int(rng.integers(lowest, max(lowest, highest - span) + 1))
    tonic, degrees = _contour(rng, len(lengths), bottom, min(highest, bottom + span), style is _SIGHT_SINGING)
    slur_share = _slur_share(rng, words)
    notes: list[LineNote] = []
    time_s = LEAD_IN_S
    rested = True
    for length_s, pitch in zip(lengths, degrees, strict=True):
        played_s = length_s * (1 + np.clip(rng.normal(0, looseness), -2.5 * looseness, 2.5 * looseness))
        played_s = float(np.clip(played_s, SHORTEST_NOTE_S, LONGEST_NOTE_S))
        if time_s + played_s > duration_s - TAIL_S:
            break
        same_pitch = bool(notes) and notes[-1].pitch == pitch
        attack = _attack(rng, words, rested=rested, same_pitch=same_pitch, slur_share=slur_share)
        notes.append(LineNote(time_s, time_s + played_s, pitch, (pitch - tonic) % 12, attack))
        time_s += played_s
        rested = rng.random() < style.rest_share
        if rested:
            time_s += float(rng.uniform(0.06, 0.25) if rng.random() < 0.6 else rng.uniform(0.25, 0.9))
    return Line(_detached(rng, notes), words)


def _slur_share(rng: np.random.Generator, words: Words) -> float:
    if words in {Words.VOWEL, Words.HUM}:
        return float(rng.choice([0.3, 0.8, 1.0]))
    if words is Words.LYRICS:
        return float(rng.choice([0.0, 0.15, 0.4], p=[0.4, 0.4, 0.2]))
    return 0.0


def _attack(rng: np.random.Generator, words: Words, *, rested: bool, same_pitch: bool, slur_share: float) -> Attack:
    bare = words in {Words.VOWEL, Words.HUM}
    if not rested and not same_pitch and rng.random() < slur_share:
        return Attack.SLUR
    if bare or rng.random() < 0.06:
        return Attack.VOWEL
    return Attack.SYLLABLE


def _detached(rng: np.random.Generator, notes: list[LineNote]) -> tuple[LineNote, ...]:
    """Shorten some notes of a line that is not sung legato, never one that the next is slurred to."""
    share = float(rng.choice([0.0, 0.1, 0.6], p=[0.6, 0.25, 0.15]))
    result = list(notes)
    for index, note in enumerate(notes):
        slurred = index + 1 < len(notes) and notes[index + 1].attack is Attack.SLUR
        length_s = note.offset_s - note.onset_s
        if not slurred and length_s > 2 * SHORTEST_NOTE_S and rng.random() < share:
            result[index] = replace(note, offset_s=note.onset_s + length_s * float(rng.uniform(0.6, 0.9)))
    return tuple(result)


def _contour(rng: np.random.Generator, count: int, lowest: int, highest: int, exercise: bool) -> tuple[int, list[int]]:
    """The tonic's pitch and `count` pitches between `lowest` and `highest`."""
    scale = _SCALES[int(rng.choice(len(_SCALES), p=_SCALE_SHARES))]
    tonic = int(rng.integers(12))
    ladder = [pitch for pitch in range(lowest, highest + 1) if (pitch - tonic) % 12 in scale]
    steps = _exercise_steps(rng, count) if exercise and rng.random() < 0.6 else _song_steps(rng, count)
    place = int(rng.integers(len(ladder)))
    pitches = []
    direction = 1
    for step in steps:
        move = direction * step
        if not 0 <= place + move < len(ladder):
            direction = -direction
            move = -move
        place = int(np.clip(place + move, 0, len(ladder) - 1))
        pitches.append(ladder[place])
    return tonic, pitches


def _song_steps(rng: np.random.Generator, count: int) -> list[int]:
    """A leap is mostly answered by a step back, as tunes do."""
    steps: list[int] = []
    for _ in range(count):
        if steps and abs(steps[-1]) >= 3 and rng.random() < 0.6:
            steps.append(-int(np.sign(steps[-1])) * int(rng.integers(1, 3)))
        else:
            steps.append(int(rng.choice(_STEPS, p=_STEP_SHARES)))
    return steps


def _exercise_steps(rng: np.random.Generator, count: int) -> list[int]:
    """Scales, broken thirds, arpeggios and repeated notes, as in a book of solfege."""
    patterns = ([1], [2, -1], [2, 2, -2], [1, 1, -1], [3, -2], [0, 1], [2, 2, 3, -3, -2, -2])
    pattern = patterns[int(rng.integers(len(patterns)))]
    return [pattern[index % len(pattern)] for index in range(count)]


def _fill(rng: np.random.Generator, beat_s: float, values: list[float], shares: list[float]) -> list[float]:
    return [float(beat_s * value) for value in rng.choice(values, size=60, p=shares)]


def _song_values(rng: np.random.Generator) -> list[float]:
    beat_s = float(np.exp(rng.uniform(np.log(0.33), np.log(0.85))))
    return _fill(rng, beat_s, [0.5, 1, 1.5, 2, 3], [0.34, 0.38, 0.1, 0.13, 0.05])


def _sight_values(rng: np.random.Generator) -> list[float]:
    beat_s = float(rng.uniform(0.3, 0.8))
    even = rng.random() < 0.5
    return _fill(rng, beat_s, [1, 2, 0.5], [0.92, 0.08, 0.0] if even else [0.68, 0.2, 0.12])


def _held_values(rng: np.random.Generator) -> list[float]:
    beat_s = float(rng.uniform(0.6, 1.3))
    return _fill(rng, beat_s, [0.5, 1, 1.5, 2, 3], [0.18, 0.36, 0.18, 0.18, 0.1])


def _quick_values(rng: np.random.Generator) -> list[float]:
    beat_s = float(rng.uniform(0.13, 0.28))
    return _fill(rng, beat_s, [1, 2, 3, 4], [0.6, 0.25, 0.08, 0.07])


_SIGHT_SINGING = _Style((Words.SOLFEGE, Words.LA), (0.7, 0.3), _sight_values, 0.06)
_STYLES = (
    _Style((Words.LYRICS, Words.LA, Words.VOWEL, Words.HUM), (0.72, 0.1, 0.11, 0.07), _song_values, 0.14),
    _SIGHT_SINGING,
    _Style((Words.LYRICS, Words.VOWEL, Words.HUM), (0.6, 0.28, 0.12), _held_values, 0.15),
    _Style((Words.LYRICS, Words.LA, Words.VOWEL), (0.7, 0.15, 0.15), _quick_values, 0.1),
)
_STYLE_SHARES = (0.4, 0.21, 0.23, 0.16)
