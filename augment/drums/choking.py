"""Chokes: cymbals that are struck and then caught by hand, which ends their sound at once.

A choke is an instant (dtype labels.INSTANT) whose number is the General MIDI key of the cymbal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.drums.fills import CHINA, CRASHES, RIDE, SPLASH
from mp3tomidi.augment.labels import INSTANT

CHOKED_KEYS = (*CRASHES, RIDE, CHINA, SPLASH, 59)
_AFTER_S = (0.12, 0.9)  # from a stroke to the hand
_BEFORE_NEXT_S = 0.05  # the hand is off again


def draw_chokes(rng: np.random.Generator, hits: NDArray[np.void], share: float) -> NDArray[np.void]:
    """Chokes (dtype INSTANT) of `share` of the cymbal strokes among `hits` (dtype DRUM_HIT, sorted by onset).

    A stroke that is followed too soon by another one on its cymbal is left to ring.
    """
    chokes: list[tuple[int, float, int]] = []
    for key in CHOKED_KEYS:
        struck_s = hits["onset_s"][hits["key"] == key]
        after_s = np.exp(rng.uniform(np.log(_AFTER_S[0]), np.log(_AFTER_S[1]), len(struck_s)))
        chosen = rng.random(len(struck_s)) < share
        free = np.append(np.diff(struck_s), np.inf)[: len(struck_s)] > after_s + _BEFORE_NEXT_S
        chokes += [(0, time_s, key) for time_s in (struck_s + after_s)[chosen & free]]
    return np.array(sorted(chokes), INSTANT)
