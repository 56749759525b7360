"""Log-linear scores of beat explanations, with fitted weights of the evidence.

The weights are those of a conditional logistic regression over all explanations of a song (`train.rhythm.fitting`);
their softmax are probabilities.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.rhythm.candidates import EXTRAS, PLACES, Candidate
from mp3tomidi.transcribe.rhythm.evidence import KINDS
from mp3tomidi.transcribe.rhythm.metres import METRES

WEIGHTS = Path(__file__).with_name("weights.json")
# The songs of the fit have all tempos alike; people tap some more often. What one costs, per squared octave from these.
TAPPED_BEATS_PER_MINUTE, TEMPO_COST = 110.0, 0.25
# They have all metres alike, too. Two bars of 6/8 sound as one of 12/8 does, and people write the former far oftener.
RARE_SIGNATURE, RARE_COST = "12/8", 1.6


@dataclass(frozen=True, slots=True)
class MetreWeights:
    """What evidence says for one metre, in natural logarithms."""

    on_beats: NDArray[np.float64]  # [kind, beat of the bar]
    between: NDArray[np.float64]  # [kind, place within a beat but the first]
    extras: NDArray[np.float64]

    def __post_init__(self) -> None:
        kinds = len(KINDS)
        shapes = self.on_beats.shape[:1], self.between.shape, self.extras.shape
        if shapes != ((kinds,), (kinds, len(PLACES) - 1), (len(EXTRAS),)):
            raise ValueError(f"weights of the beat finder have wrong shapes: {shapes}")


@functools.cache
def shipped_weights() -> tuple[MetreWeights, ...]:
    """As many as METRES, in their order."""
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))["metres"]
    parts = ("on_beats", "between", "extras")
    return tuple(MetreWeights(*(np.array(table[metre.name][part]) for part in parts)) for metre in METRES)


def scores(candidates: Sequence[Candidate], weights: Sequence[MetreWeights]) -> list[NDArray[np.float64]]:
    """For each metre the logarithm of how likely each candidate and each beat to begin a bar on is [candidate, beat].

    Up to a constant that is the same for all.
    """
    between = np.stack([candidate.between.ravel() for candidate in candidates])
    extras = np.stack([candidate.extras for candidate in candidates])
    length_s = np.array([candidate.beat_s for candidate in candidates])
    found = []
    for metre, weight in zip(METRES, weights, strict=True):
        bar = metre.beats
        shares = np.stack([candidate.on_beats[bar] for candidate in candidates])
        by_beat = np.stack(
            [np.einsum("ckb,kb->c", shares, np.roll(weight.on_beats, first, axis=1)) for first in range(bar)], axis=1
        )
        tapped = 60.0 / length_s * min(1.0, metre.beat_quarters) / TAPPED_BEATS_PER_MINUTE
        cost = TEMPO_COST * np.log2(tapped) ** 2 + RARE_COST * (metre.signature == RARE_SIGNATURE)
        found.append(by_beat - cost[:, None] + (between @ weight.between.ravel() + extras @ weight.extras)[:, None])
    return found
