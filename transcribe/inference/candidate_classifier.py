"""Gives every candidate the posterior probability that it is an event: of notes and of drum hits alike."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.registry import NetworkSpec

_CANDIDATES_AT_ONCE = 4096  # bounds the memory of long recordings


class CandidateFeatures(Protocol):
    """The features of a recording's candidates: NoteFeatures, DrumFeatures."""

    frame: NDArray[np.intp]
    """Of each candidate [candidates]."""

    def of(self, part: NDArray[np.intp]) -> NDArray[np.float32]:
        """The features [candidates of the part, feature]."""
        ...


class CandidateClassifier:
    """The network of this entry, NoteJudge or DrumJudge, in a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path, spec: NetworkSpec) -> None:
        self._network = Session(folder, spec.name)

    def probabilities(self, features: CandidateFeatures) -> NDArray[np.float32]:
        """The probability that each candidate is an event: [candidates]."""
        by_time = np.argsort(features.frame, kind="stable")
        probability = np.zeros(len(by_time), np.float32)
        for first in range(0, len(by_time), _CANDIDATES_AT_ONCE):
            part = by_time[first : first + _CANDIDATES_AT_ONCE]
            probability[part] = self._network(features.of(part))
        return probability
