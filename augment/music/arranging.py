"""Arranges the notes of a part for an instrument: range, loudness and pedal.

All functions take and return notes of dtype NOTE and change no argument.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.music.written_notes import LOUDEST, SOFTEST, draw_velocities

LEAD_S = 1.5  # how long before a clip is played, and how long after it a held note may end
SHORTEST_S = 0.03
REPEAT_S = 0.05  # the shortest time between two onsets of one pitch
DAMPING_S = 0.005  # a key is up at least this long before it is struck again


def tidy(notes: NDArray[np.void], lowest: int, highest: int, duration_s: float) -> NDArray[np.void]:
    """Return the notes within range and time, sorted by onset, lengths and repetitions as the constants say.

    A note that began before -LEAD_S and still sounds then begins there.
    """
    inside = (notes["pitch"] >= lowest) & (notes["pitch"] <= highest)
    inside &= (notes["offset_s"] > -LEAD_S + SHORTEST_S) & (notes["onset_s"] < duration_s)
    notes = notes[inside]
    notes["onset_s"] = np.maximum(notes["onset_s"], -LEAD_S)
    notes = notes[np.lexsort((notes["onset_s"], notes["pitch"]))]
    while True:
        close = (np.diff(notes["onset_s"]) < REPEAT_S) & (np.diff(notes["pitch"]) == 0)
        if not close.any():
            break
        # Of a row of close onsets every second one goes first: the third may be far enough from the first.
        close[1:] &= ~close[:-1]
        notes = notes[np.append(True, ~close)]
    offset_s = np.clip(notes["offset_s"], notes["onset_s"] + SHORTEST_S, duration_s + LEAD_S)
    repeated = np.flatnonzero(np.diff(notes["pitch"]) == 0)
    offset_s[repeated] = np.minimum(offset_s[repeated], notes["onset_s"][repeated + 1] - DAMPING_S)
    notes["offset_s"] = offset_s
    return notes[np.argsort(notes["onset_s"], kind="stable")]


def fold(pitch: NDArray[np.int64], lowest: int, highest: int) -> NDArray[np.int64]:
    """Move pitches from outside a range into it by octaves, or near it where it is narrower than an octave."""
    up = np.maximum(-((pitch - lowest) // 12), 0) * 12
    down = np.maximum(-((highest - pitch) // 12), 0) * 12
    folded: NDArray[np.int64] = pitch + up - down
    return folded


def fit_range(rng: np.random.Generator, notes: NDArray[np.void], lowest: int, highest: int) -> NDArray[np.void]:
    """Move a part by octaves to somewhere about the middle of a range, and fold what still lies outside."""
    if not len(notes):
        return notes
    edge = min(6, (highest - lowest) // 2)
    aim = np.clip(rng.normal((lowest + highest) / 2, (highest - lowest) / 6), lowest + edge, highest - edge)
    octaves = round(float(aim - np.median(notes["pitch"])) / 12)
    fitted = notes.copy()
    fitted["pitch"] = fold(notes["pitch"].astype(np.int64) + 12 * octaves, lowest, highest)
    return fitted


def transpose(notes: NDArray[np.void], semitones: int) -> NDArray[np.void]:
    """The notes moved in pitch."""
    moved = notes.copy()
    moved["pitch"] += semitones
    return moved


def single_line(notes: NDArray[np.void], *, lowest_notes: bool = False) -> NDArray[np.void]:
    """The highest (or lowest) note of what is struck within 40 ms, each ending where the next begins."""
    if not len(notes):
        return notes
    notes = notes[np.argsort(notes["onset_s"], kind="stable")]
    chord = np.append(0, np.cumsum(np.diff(notes["onset_s"]) > 0.04))
    order = np.lexsort((notes["pitch"] if lowest_notes else -notes["pitch"], chord))
    line = notes[order[np.unique(chord, return_index=True)[1]]]
    line = line[np.argsort(line["onset_s"], kind="stable")]
    line["offset_s"][:-1] = np.minimum(line["offset_s"][:-1], line["onset_s"][1:])
    return line


def enliven(rng: np.random.Generator, notes: NDArray[np.void]) -> NDArray[np.void]:
    """Give an excerpt its own loudness and a little unevenness, and phrases where the score has none."""
    if not len(notes):
        return notes
    played = np.array(notes, NOTE)
    velocity = notes["velocity"].astype(np.float64)
    contrast = rng.uniform(0.6, 1.1) * (velocity - np.median(velocity))
    velocity = draw_velocities(rng, notes["onset_s"]) + contrast
    played["velocity"] = np.clip(np.round(velocity), SOFTEST, LOUDEST)
    played["onset_s"] += rng.normal(0, rng.uniform(0, 0.008), len(notes))
    return played


def press_pedal(notes: NDArray[np.void], changes_s: NDArray[np.float64]) -> NDArray[np.void]:
    """Let notes ring until the next of the times (ascending) at which the pedal is changed."""
    if not len(changes_s):
        return notes
    pedalled = notes.copy()
    next_change = np.minimum(np.searchsorted(changes_s, notes["offset_s"]), len(changes_s) - 1)
    pedalled["offset_s"] = np.maximum(notes["offset_s"], changes_s[next_change])
    return pedalled
