"""Several voices at once: one line by a choir, or two lines by its women and its men."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mp3tomidi.augment.sources.source import RenderedPhrase
from mp3tomidi.augment.sources.sung.melody import Attack, Line, LineNote
from mp3tomidi.augment.sources.sung.performance import draw_timed_line, perform
from mp3tomidi.augment.sources.sung.pitch import draw_manner
from mp3tomidi.augment.sources.sung.words import Repertoire

CHOIR_PROGRAM = 52  # choir aahs
_OCTAVE_SHARE = 0.5  # of the mixed phrases; the others are in harmony
_HARMONIES = ((-15, -16), (-8, -9), (-19, -17, -20))  # semitones from the tune: thirds, sixths, fifths or fourths


@dataclass(frozen=True, slots=True)
class Section:
    """Singers of one speaker, so that they agree on the words, and the MIDI pitches that they reach."""

    singers: Sequence[Repertoire]
    voice_range: tuple[int, int]


def draw_choir_phrase(
    rng: np.random.Generator, singers: Sequence[Repertoire], voice_range: tuple[int, int]
) -> RenderedPhrase:
    """One line sung by several voices (all of one speaker, so that they agree on the words), none quite together."""
    line, duration_s = draw_timed_line(rng, voice_range, looseness=0.03)
    count = int(rng.integers(3, len(singers) + 1))
    return _together(rng, singers, line, duration_s, count=count, words_seed=int(rng.integers(2**31)))


def draw_mixed_phrase(rng: np.random.Generator, upper: Section, lower: Section) -> RenderedPhrase:
    """A tune sung by `upper` and, an octave lower or in harmony, by `lower`: a duet up to a small choir.

    The notes of both are labelled, in the order of their onsets.
    """
    line, duration_s = draw_timed_line(rng, upper.voice_range, looseness=0.03)
    words_seed = int(rng.integers(2**31))
    count = int(rng.integers(1, 1 + min(len(upper.singers), len(lower.singers))))
    if rng.random() < _OCTAVE_SHARE:
        below = _transposed(line, lambda pitch: pitch - 12, lower.voice_range)
    else:
        below = _transposed(line, _harmony(line, _HARMONIES[int(rng.integers(len(_HARMONIES)))]), lower.voice_range)
    high = _together(rng, upper.singers, line, duration_s, count=count, words_seed=words_seed)
    low = _together(rng, lower.singers, below, duration_s, count=count, words_seed=words_seed, leader=upper.singers[0])
    notes = np.concatenate([high.notes, low.notes])
    lower_gain = np.float32(10 ** (rng.uniform(-5, 5) / 20))
    return RenderedPhrase(high.samples + lower_gain * low.samples, notes[np.argsort(notes["onset_s"], kind="stable")])


def _harmony(line: Line, intervals: Sequence[int]) -> Callable[[int], int]:
    """The first of `intervals` that leads to a degree which the line itself has, as a second voice would go."""
    own = {note.pitch % 12 for note in line.notes}

    def second(pitch: int) -> int:
        return next((pitch + step for step in intervals if (pitch + step) % 12 in own), pitch + intervals[0])

    return second


def _transposed(line: Line, second: Callable[[int], int], voice_range: tuple[int, int]) -> Line:
    """`line` at the pitches that `second` gives, in the octave that the voice has."""
    lowest, highest = voice_range
    notes: list[LineNote] = []
    for note in line.notes:
        pitch = second(note.pitch)
        pitch -= 12 * min(0, (pitch - lowest) // 12)
        pitch += 12 * min(0, (highest - pitch) // 12)
        held = bool(notes) and notes[-1].pitch == pitch and note.attack is Attack.SLUR
        notes.append(replace(note, pitch=pitch, attack=Attack.VOWEL if held else note.attack))
    return Line(tuple(notes), line.words)


def _together(
    rng: np.random.Generator,
    singers: Sequence[Repertoire],
    line: Line,
    duration_s: float,
    *,
    count: int,
    words_seed: int,
    leader: Repertoire | None = None,
) -> RenderedPhrase:
    """`count` of the `singers` on one line; a note is labelled where the middle one of them begins and ends it."""
    phrases = []
    for index in rng.permutation(len(singers))[:count]:
        trained = draw_manner(rng, amateur=False)
        manner = replace(
            trained,
            vibrato=min(trained.vibrato, 0.35),
            intonation_sd=float(rng.uniform(0.03, 0.14)),
            drift_sd=float(rng.uniform(0.03, 0.09)),
            timing_sd_s=0.012,
            fry_share=0.0,
        )
        late_s = float(np.clip(rng.normal(0, 0.015), -0.035, 0.035))
        shifted = [replace(note, onset_s=note.onset_s + late_s, offset_s=note.offset_s + late_s) for note in line.notes]
        sung = perform(
            rng,
            singers[index],
            Line(tuple(shifted), line.words),
            manner,
            duration_s=duration_s,
            dynamics_db=1.0,
            program=CHOIR_PROGRAM,
            words_seed=words_seed,
            leader=leader,
        )
        phrases.append(sung.phrase)
    notes = phrases[0].notes.copy()
    notes["onset_s"] = np.median([phrase.notes["onset_s"] for phrase in phrases], axis=0)
    ends = np.median([phrase.notes["offset_s"] for phrase in phrases], axis=0)
    notes["offset_s"] = np.minimum(ends, np.append(notes["onset_s"][1:], np.inf))
    notes["velocity"] = np.mean([phrase.notes["velocity"] for phrase in phrases], axis=0)
    samples = np.sum([phrase.samples for phrase in phrases], axis=0) / np.sqrt(count)
    return RenderedPhrase(samples.astype(np.float32), notes)
