"""Follows the beat from onset to onset where a recording's tempo moves too much for windows of seconds.

The beats are the chain of onsets that are strong, about a beat apart, and of distances that change little from one to
the next: a dynamic program over pairs of onsets (second order, unlike that of Ellis 2007, so that the tempo may move
far if it moves smoothly). One beat may pass without an onset.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.rhythm.course import Course

SLOWEST, FASTEST = 1.6, 0.62  # lengths of a beat, as shares of the usual one
CHANGE = 0.09  # standard deviation of a beat's length from one to the next, in natural logarithms
AWAY = 0.3  # and of every beat from the usual one
MOST_BEATS = 2  # from one onset of the chain to the next
MISSED_COST = 1.5  # of a beat without an onset
REWARD = 1.6  # of an onset as strong as the median
MOST_REWARD = 2.5
LOST_COST = 12.0  # of going on anew where no onset is a beat away


def tracked(
    time_s: NDArray[np.float64], salience: Sequence[float] | NDArray[np.float64], beat_s: float, duration_s: float
) -> Course | None:
    """The course of the beat along the likeliest chain of onsets; None if there is no chain of at least four.

    time_s: of the onsets, rising; salience: how much each may be a beat; beat_s: the usual length of one.
    """
    strong = np.asarray(salience, np.float64)
    usual = float(np.median(strong[strong > 0])) if np.any(strong > 0) else 1.0
    reward = REWARD * np.clip(strong / usual, -1.0, MOST_REWARD)
    chain = _best_chain(time_s, reward, beat_s)
    if len(chain) < 4:
        return None
    known_s: list[float] = []
    known: list[float] = []
    for onset, beats in chain:
        known.append((known[-1] if known else 0.0) + beats)
        known_s.append(float(time_s[onset]))
    first_s, last_s = known_s[1] - known_s[0], known_s[-1] - known_s[-2]
    before = known_s[0] / first_s * (known[1] - known[0])
    after = max(0.0, duration_s - known_s[-1]) / last_s * (known[-1] - known[-2])
    return Course(
        np.array([0.0, *known_s, max(duration_s, known_s[-1])]),
        np.array([known[0] - before, *known, known[-1] + after]),
    )


def _best_chain(time_s: NDArray[np.float64], reward: NDArray[np.float64], beat_s: float) -> list[tuple[int, int]]:
    """Onsets of the best chain, and how many beats each is after the one before it (0 for the first)."""
    first = np.searchsorted(time_s, time_s - MOST_BEATS * SLOWEST * beat_s)
    last = np.searchsorted(time_s, time_s - FASTEST * beat_s, side="right")
    most = 1 + MOST_BEATS * int((last - first).max())
    # The ways to reach each onset [onset, way]: the first is to begin there.
    origin = np.full((len(time_s), most), -1, np.int32)
    beats = np.zeros((len(time_s), most), np.int8)
    before = np.zeros((len(time_s), most), np.int32)  # the way to the origin
    length = np.zeros((len(time_s), most))  # logarithm of a beat's, against the usual one
    score = np.full((len(time_s), most), -np.inf)
    score[:, 0] = reward - LOST_COST
    score[0, 0] = reward[0]
    freely = np.ones(most)
    freely[0] = 0.0  # the first beat of a chain is as long as it likes
    for onset in range(len(time_s)):
        origins = np.arange(first[onset], last[onset])
        gaps = (time_s[onset] - time_s[origins]) / beat_s
        ways = [np.flatnonzero((gaps >= FASTEST * by) & (gaps <= SLOWEST * by)) for by in range(1, MOST_BEATS + 1)]
        chosen = np.concatenate(ways)
        if not len(chosen):
            continue
        by = np.repeat(np.arange(1, MOST_BEATS + 1), [len(way) for way in ways])
        new = np.log(gaps[chosen] / by)
        from_there = origins[chosen]
        reached = score[from_there] - freely * (0.5 / CHANGE**2) * (new[:, None] - length[from_there]) ** 2
        way = reached.argmax(axis=1)
        here = slice(1, 1 + len(chosen))
        origin[onset, here], beats[onset, here], before[onset, here], length[onset, here] = from_there, by, way, new
        own = reward[onset] - 0.5 * (new / AWAY) ** 2 - MISSED_COST * (by - 1)
        score[onset, here] = own + reached[np.arange(len(way)), way]
    at, by_way = divmod(int(score.argmax()), most)
    chain: list[tuple[int, int]] = []
    while at >= 0:
        chain.append((at, int(beats[at, by_way])))
        at, by_way = int(origin[at, by_way]), int(before[at, by_way])
    return chain[::-1]
