"""Moves the time-keeping strokes of a drum part from the hi-hat to a cymbal, or leaves them out.

In rock and metal the time is often kept on a crash, a china or the ride. A network taught on hi-hats alone learns that
a kick comes with a hat, and finds hats wherever a kick or a snare clicks.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.drums.fills import CHINA, CLOSED_HAT, CRASHES, OPEN_HAT, PEDAL_HAT, RIDE, RIDE_BELL

HATS = (22, 26, CLOSED_HAT, PEDAL_HAT, OPEN_HAT)
_CYMBALS = (*CRASHES, CHINA, RIDE, RIDE_BELL)
_SHARES = (0.22, 0.13, 0.13, 0.17, 0.05)
_NOTHING_SHARE = 0.3
_SHORTEST_GAP_S = 0.16  # between strokes on a cymbal: of denser hi-hats every other stroke is kept
_LOUDER = (0.0, 25.0)  # in velocity: a crash is struck harder than a hat


def keep_time_otherwise(rng: np.random.Generator, hits: NDArray[np.void], keys: Collection[int]) -> NDArray[np.void]:
    """`hits` (dtype DRUM_HIT, sorted) with all hi-hats played on one cymbal of the kit's `keys`, or on nothing.

    A cymbal in the part already, a crash at the start of a bar for instance, stays where it is; a hat on the same
    stroke is left out.
    """
    is_hat = np.isin(hits["key"], HATS)
    shares = np.array([share if key in keys else 0.0 for key, share in zip(_CYMBALS, _SHARES, strict=True)])
    others = hits[~is_hat]
    left_out = rng.random() < _NOTHING_SHARE
    if left_out or not is_hat.any() or not shares.any():
        return others if left_out else hits
    moved = hits[is_hat & (hits["key"] != PEDAL_HAT)].copy()
    moved["key"] = _CYMBALS[int(rng.choice(len(_CYMBALS), p=shares / shares.sum()))]
    moved["velocity"] = np.clip(moved["velocity"] + rng.uniform(*_LOUDER), 1, 127)
    if len(moved) > 2 and np.median(np.diff(moved["onset_s"])) < _SHORTEST_GAP_S:
        moved = moved[int(rng.integers(2)) :: 2]
    struck = others["onset_s"][np.isin(others["key"], _CYMBALS)]
    free = [not np.any(np.abs(struck - onset_s) < _SHORTEST_GAP_S / 2) for onset_s in moved["onset_s"]]
    both = np.concatenate([others, moved[np.array(free, bool)]])
    return both[np.argsort(both["onset_s"], kind="stable")]
