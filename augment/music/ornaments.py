"""Octave doublings and fast repeats, which the corpora hardly have: added to a share of the passages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.music.arranging import tidy

OCTAVES_SHARE = 0.1  # of the passages
REPEATS_SHARE = 0.05
REPEAT_STEP_S = (0.07, 0.16)  # from onset to onset
MOST_REPEATS = 16  # of one note


def ornament(
    rng: np.random.Generator, passage: NDArray[np.void], lowest: int, highest: int, duration_s: float
) -> NDArray[np.void]:
    """The passage (dtype NOTE) as it is or, now and then, doubled in octaves or with long notes struck repeatedly."""
    draw = rng.random()
    if not len(passage) or draw >= OCTAVES_SHARE + REPEATS_SHARE:
        return passage
    changed = _in_octaves(rng, passage) if draw < OCTAVES_SHARE else _repeated(rng, passage)
    return tidy(changed, lowest, highest, duration_s)


def _in_octaves(rng: np.random.Generator, passage: NDArray[np.void]) -> NDArray[np.void]:
    """All or half of the notes, an octave or two higher, beside the passage."""
    above = passage[rng.random(len(passage)) < rng.choice([0.5, 1.0])]
    above["pitch"] += 12 * int(rng.choice([1, 1, 1, 2]))
    above["velocity"] = np.clip(above["velocity"] + rng.normal(0.0, 8.0), 1.0, 127.0)
    return np.concatenate([passage, above])


def _repeated(rng: np.random.Generator, passage: NDArray[np.void]) -> NDArray[np.void]:
    """Half of the notes that are long enough, struck again and again at one speed."""
    step_s = rng.uniform(*REPEAT_STEP_S)
    rows = []
    for note in passage:
        count = min(MOST_REPEATS, int((note["offset_s"] - note["onset_s"]) / step_s))
        struck = np.repeat(note[None], max(1, count) if rng.random() < 0.5 else 1)
        if len(struck) > 1:
            struck["onset_s"] += step_s * np.arange(len(struck))
            struck["offset_s"] = struck["onset_s"] + step_s * rng.uniform(0.5, 0.95)
            struck["velocity"] = np.clip(struck["velocity"] * rng.uniform(0.8, 1.1, len(struck)), 1.0, 127.0)
        rows.append(struck)
    return np.concatenate(rows)
