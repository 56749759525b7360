"""Excerpts of scores: where one begins, its notes and its drum hits, in the time of the passage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.drums.strokes import merge_doubled
from mp3tomidi.augment.labels import DRUM_HIT, NOTE
from mp3tomidi.augment.music.arranging import LEAD_S

_HELD_NOTES = 64  # so many notes before an excerpt may still sound in it


def draw_start_s(rng: np.random.Generator, score: NDArray[np.void], duration_s: float, speed: float) -> float:
    """A time in a score such that at least one of its notes begins in the first half of the excerpt."""
    onset_s = float(score["onset_s"][rng.integers(len(score))])
    return onset_s - float(rng.uniform(0, duration_s / 2)) * speed


def cut(score: NDArray[np.void], start_s: float, duration_s: float, speed: float) -> NDArray[np.void]:
    """The notes (dtype NOTE) that sound from LEAD_S before an excerpt of a score until its end, from 0 on."""
    edges_s = np.array([start_s - LEAD_S * speed, start_s + duration_s * speed], np.float32)
    first, last = np.searchsorted(score["onset_s"], edges_s)
    part = score[max(int(first) - _HELD_NOTES, 0) : last]
    part = part[part["offset_s"] > edges_s[0]]
    notes = np.zeros(len(part), NOTE)
    notes["onset_s"] = (part["onset_s"].astype(np.float64) - start_s) / speed
    notes["offset_s"] = (part["offset_s"].astype(np.float64) - start_s) / speed
    notes["pitch"], notes["velocity"] = part["pitch"], part["velocity"]
    return notes


def as_hits(rng: np.random.Generator, notes: NDArray[np.void]) -> NDArray[np.void]:
    """Notes of a drum part as hits (dtype DRUM_HIT), all louder or softer than written."""
    hits = np.zeros(len(notes), DRUM_HIT)
    hits["onset_s"], hits["key"] = notes["onset_s"], notes["pitch"]
    hits["velocity"] = np.clip(np.round(notes["velocity"] * rng.uniform(0.7, 1.15)), 1, 127)
    return hits


def within(hits: NDArray[np.void], duration_s: float) -> NDArray[np.void]:
    """The hits that are struck from LEAD_S before a passage until its end, sorted, doubled ones merged."""
    inside = hits[(hits["onset_s"] >= -LEAD_S) & (hits["onset_s"] < duration_s)]
    return merge_doubled(inside[np.argsort(inside["onset_s"], kind="stable")])
