"""Makes a well-played performance a worse one: uneven in time and touch, with wrong, missed and repeated notes.

What goes wrong, and how often, is in `Faults`. What is held up moves everything after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHORD_S = 0.03  # notes that begin this close together are struck by one movement, and are late together
_WRONG_SEMITONES = (-2, -1, 1, 2)
_SHORTEST_S = 0.05


@dataclass(frozen=True)
class Faults:
    """How badly somebody plays. Shares are of the notes, rates per second of music; all zero is as written."""

    timing_s: float = 0.0  # standard deviation of when a movement comes, against the one before
    wrong_share: float = 0.0  # a neighbouring pitch instead
    missed_share: float = 0.0
    hesitations: float = 0.0  # per second: stops of `hesitation_s` before a movement
    hesitation_s: tuple[float, float] = (0.15, 0.9)
    velocity: float = 0.0  # standard deviation of how hard a note is struck
    restarts: float = 0.0  # per second: the last few notes once more, after a stop
    drift: float = 0.0  # standard deviation of the tempo's logarithm, wandering over some ten seconds
    slips: float = 0.0  # share of the notes before which a neighbouring one is touched


def misplay(notes: NDArray[np.void], faults: Faults, rng: np.random.Generator) -> NDArray[np.void]:
    """Notes (dtype labels.NOTE) as they come with the faults, sorted by onset; they may end later than as written."""
    if not len(notes):
        return notes.copy()
    played = notes[np.argsort(notes["onset_s"], kind="stable")].copy()
    movement = np.cumsum(np.append(0, np.diff(played["onset_s"]) > CHORD_S))
    if faults.restarts:
        played, movement = _with_restarts(played, movement, faults.restarts, rng)
    first = np.searchsorted(movement, np.arange(movement[-1] + 1))
    written_s = played["onset_s"][first]
    steps_s = np.diff(written_s)
    if faults.drift:
        steps_s = steps_s * np.exp(_wander(written_s[:-1], faults.drift, rng))
    held_up = rng.random(len(steps_s)) < 1.0 - np.exp(-faults.hesitations * np.maximum(steps_s, 0.0))
    steps_s = steps_s + held_up * rng.uniform(*faults.hesitation_s, len(steps_s))
    come_s = written_s[0] + np.append(0.0, np.cumsum(steps_s))
    come_s = np.maximum.accumulate(come_s + rng.normal(0.0, faults.timing_s, len(come_s)))
    # A note lasts as long as what is played meanwhile: its end moves with the movement that follows it.
    ends_s = np.interp(played["offset_s"], written_s, come_s) if len(written_s) > 1 else played["offset_s"]
    after = played["offset_s"] > written_s[-1]
    ends_s = np.where(after, come_s[-1] + played["offset_s"] - written_s[-1], ends_s)
    played["onset_s"] += (come_s - written_s)[movement]
    played["offset_s"] = np.maximum(ends_s, played["onset_s"] + _SHORTEST_S)
    wrong = rng.random(len(played)) < faults.wrong_share
    played["pitch"][wrong] += rng.choice(_WRONG_SEMITONES, int(wrong.sum()))
    played["velocity"] = np.clip(played["velocity"] + rng.normal(0.0, faults.velocity, len(played)), 8, 127)
    kept = played[rng.random(len(played)) >= faults.missed_share]
    slipped = kept[rng.random(len(kept)) < faults.slips]
    return _sorted(np.concatenate([kept, _touched(slipped, rng)]))


def _with_restarts(
    notes: NDArray[np.void], movement: NDArray[np.int64], rate: float, rng: np.random.Generator
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """The notes with some passages of two to five movements played twice, everything after them later."""
    parts, late_s, done = [], 0.0, 0
    begins_s = notes["onset_s"]
    for number in range(1, int(movement[-1]) + 1):
        here = int(np.searchsorted(movement, number))
        if rng.random() >= 1.0 - np.exp(-rate * (begins_s[here] - begins_s[here - 1])):
            continue
        back = int(np.searchsorted(movement, max(0, number - int(rng.integers(2, 6)))))
        parts.append(_later(notes[done:here], late_s))
        late_s += float(begins_s[here] - begins_s[back] + rng.uniform(0.2, 0.8))
        parts.append(_later(notes[back:here], late_s))
        done = here
    parts.append(_later(notes[done:], late_s))
    played = _sorted(np.concatenate(parts))
    return played, np.cumsum(np.append(0, np.diff(played["onset_s"]) > CHORD_S))


def _wander(times_s: NDArray[np.float64], deviation: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A smooth random curve over time: a value every five seconds, a straight line in between."""
    knots_s = np.arange(times_s[0] - 5.0, times_s[-1] + 10.0, 5.0) if len(times_s) else np.zeros(1)
    return np.asarray(np.interp(times_s, knots_s, rng.normal(0.0, deviation, len(knots_s))), np.float64)


def _touched(notes: NDArray[np.void], rng: np.random.Generator) -> NDArray[np.void]:
    """Short, soft neighbours just before notes."""
    touched = notes.copy()
    touched["pitch"] += rng.choice((-1, 1), len(notes))
    touched["onset_s"] -= rng.uniform(0.03, 0.09, len(notes))
    touched["offset_s"] = notes["onset_s"] + 0.03
    touched["velocity"] = np.clip(0.8 * notes["velocity"], 8, 127)
    return touched


def _later(notes: NDArray[np.void], by_s: float) -> NDArray[np.void]:
    moved = notes.copy()
    moved["onset_s"] += by_s
    moved["offset_s"] += by_s
    return moved


def _sorted(notes: NDArray[np.void]) -> NDArray[np.void]:
    return notes[np.argsort(notes["onset_s"], kind="stable")]
