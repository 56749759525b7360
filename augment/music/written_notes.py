"""Written notes and their performance: from beats and accents to seconds and velocities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.harmony import Setting
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.transcribe.array_types import Float64Array

Integers = NDArray[np.int64]

SOFTEST, LOUDEST = 12, 126  # velocities of passages
SHORTEST_TOUCH_S = 0.055  # fingers hold a key longer than this, however short the written note is


@dataclass(frozen=True)
class WrittenNotes:
    """Written notes: arrays of one length."""

    onset_beats: Float64Array
    length_beats: Float64Array
    pitch: Integers
    accent: Float64Array  # velocity relative to the passage's own
    delay_s: Float64Array  # of a strum's later strings, of a hand's uneven fingers


def write_notes(
    onset_beats: Float64Array,
    length_beats: Float64Array | float,
    pitch: Integers,
    *,
    accent: Float64Array | float = 0.0,
    delay_s: Float64Array | float = 0.0,
) -> WrittenNotes:
    """Written notes from arrays and numbers that hold for all notes."""
    shape = np.shape(onset_beats)
    return WrittenNotes(
        np.asarray(onset_beats, np.float64),
        np.broadcast_to(np.asarray(length_beats, np.float64), shape),
        np.asarray(pitch, np.int64),
        np.broadcast_to(np.asarray(accent, np.float64), shape),
        np.broadcast_to(np.asarray(delay_s, np.float64), shape),
    )


def join(*parts: WrittenNotes) -> WrittenNotes:
    """All notes of several."""
    columns = ("onset_beats", "length_beats", "pitch", "accent", "delay_s")
    return WrittenNotes(*(np.concatenate([getattr(one, column) for one in parts]) for column in columns))


def perform(rng: np.random.Generator, written: WrittenNotes, setting: Setting) -> NDArray[np.void]:
    """Play written notes: notes (dtype NOTE) in seconds, with uneven touch and velocities shaped by phrases."""
    notes = np.zeros(len(written.pitch), NOTE)
    # A chord is early or late as a whole; its fingers differ little, so that a strum keeps its order.
    beats, chord = np.unique(written.onset_beats, return_inverse=True)
    uneven_s = rng.normal(0, rng.uniform(0, 0.01), len(beats))[chord]
    uneven_s += rng.normal(0, rng.uniform(0, 0.002), len(notes)) + written.delay_s
    notes["onset_s"] = setting.seconds(written.onset_beats) + uneven_s
    offset_s = setting.seconds(written.onset_beats + written.length_beats) + uneven_s
    notes["offset_s"] = np.maximum(offset_s, notes["onset_s"] + SHORTEST_TOUCH_S)
    notes["pitch"] = written.pitch
    notes["velocity"] = draw_velocities(rng, notes["onset_s"], written.accent)
    return notes


def draw_velocities(
    rng: np.random.Generator, onset_s: Float64Array, accent: Float64Array | float = 0.0
) -> Float64Array:
    """Velocities from 12 to 126: a level, crescendo and diminuendo over phrases, accents, chance."""
    level = float(np.clip(rng.normal(72, 22), 24, 116))
    phrase_s, swell = rng.uniform(1.5, 8), rng.uniform(0, 18)
    phrase = swell * np.sin(2 * np.pi * (onset_s / phrase_s + rng.random()))
    chance = rng.normal(0, rng.uniform(1.5, 9), len(onset_s))
    stressed = (rng.random(len(onset_s)) < rng.choice([0.0, 0.08])) * rng.uniform(10, 35)
    velocities: Float64Array = np.clip(np.round(level + phrase + chance + stressed + accent), 12, 126)
    return velocities


def draw_touch(rng: np.random.Generator, count: int) -> Float64Array:
    """Played length over written length: staccato, detached, legato or overlapping, a little uneven."""
    kind = rng.choice(4, p=[0.2, 0.25, 0.4, 0.15])
    low, high = ((0.2, 0.5), (0.6, 0.9), (0.92, 1.0), (1.02, 1.25))[int(kind)]
    touch: Float64Array = rng.uniform(low, high) * rng.uniform(0.93, 1.07, count)
    return touch
