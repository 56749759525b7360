"""The judge at work: how likely each possible drum hit is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.drums.surroundings import features
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.registry import DRUM_JUDGE


class Judge:
    """The DrumJudge of a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path) -> None:
        self._network = Session(folder, DRUM_JUDGE.name)

    def probabilities(self, activations: DrumActivations, candidates: DrumCandidates) -> NDArray[np.float32]:
        """How likely each candidate is a hit: [candidates]."""
        if not len(candidates):
            return np.zeros(0, np.float32)
        return self._network(features(activations, candidates))
