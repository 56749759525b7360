"""Correction of the scores of beat explanations: a small network whose output is added to the linear scores of
`scoring`.

A kick on every beat, for instance, means another metre where hats fill the beats at 170 a minute than alone at 85.
The network sees one candidate's evidence, whichever beat begins its bars, and has one output for each metre.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.rhythm.candidates import BAR_BEATS, EXTRAS, PLACES, Candidate
from mp3tomidi.transcribe.rhythm.evidence import KINDS
from mp3tomidi.transcribe.rhythm.metres import METRES
from mp3tomidi.transcribe.rhythm.scoring import WEIGHTS

FEATURE_COUNT = len(KINDS) * (len(PLACES) - 1 + 1 + len(BAR_BEATS)) + len(EXTRAS)
FARTHEST = 5.0  # standard deviations from the mean; what is further away is taken for that


@dataclass(frozen=True, slots=True)
class Correction:
    """Weights of the network.

    mean, scale: of the features [feature]; hidden [feature, unit] and hidden_bias [unit], behind which what is
    negative becomes zero; output [unit, metre] and output_bias [metre]. begins [metre]: what speaks for bars that begin
    with the first beat on which anything is played.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    hidden: NDArray[np.float64]
    hidden_bias: NDArray[np.float64]
    output: NDArray[np.float64]
    output_bias: NDArray[np.float64]
    begins: NDArray[np.float64]

    def __post_init__(self) -> None:
        units = len(self.hidden_bias)
        wanted = {
            "mean": (FEATURE_COUNT,),
            "scale": (FEATURE_COUNT,),
            "hidden": (FEATURE_COUNT, units),
            "hidden_bias": (units,),
            "output": (units, len(METRES)),
            "output_bias": (len(METRES),),
            "begins": (len(METRES),),
        }
        found = {field.name: getattr(self, field.name).shape for field in fields(self)}
        if found != wanted:
            raise ValueError(f"weights of the beat finder's network have wrong shapes: {found}")

    def of(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """What to add to the scores of each candidate and metre [candidate, metre]."""
        found = features(
            {bar: np.stack([candidate.on_beats[bar] for candidate in candidates]) for bar in BAR_BEATS},
            np.stack([candidate.between for candidate in candidates]),
            np.stack([candidate.extras for candidate in candidates]),
        )
        near = np.clip((found - self.mean) / self.scale, -FARTHEST, FARTHEST)
        units = np.maximum(near @ self.hidden + self.hidden_bias, 0.0)
        return np.asarray(units @ self.output + self.output_bias)


def features(
    on_beats: Mapping[int, NDArray[np.floating]], between: NDArray[np.floating], extras: NDArray[np.floating]
) -> NDArray[np.float64]:
    """What the network sees of candidates [candidate, FEATURE_COUNT].

    on_beats: by beats to a bar [candidate, kind, beat]; between [candidate, kind, place]; extras [candidate, extra].
    Of what is on the beats it sees how much there is of each kind, and how unevenly it is spread over bars.
    """
    count = len(extras)
    total = on_beats[BAR_BEATS[0]].sum(axis=2)
    spread = [bar * on_beats[bar].std(axis=2) for bar in BAR_BEATS]
    return np.concatenate([between.reshape(count, -1), extras, total, *spread], axis=1, dtype=np.float64)


@functools.cache
def shipped_correction() -> Correction:
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))["correction"]
    return Correction(**{field.name: np.array(table[field.name]) for field in fields(Correction)})
