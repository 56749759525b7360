"""The judge at work: how likely each possible note is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.registry import NOTE_JUDGE
from mp3tomidi.transcribe.notes.candidates import Candidates, Surroundings

_CANDIDATES_AT_ONCE = 4096  # bounds the memory of long recordings


class Judge:
    """The NoteJudge of a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path) -> None:
        self._network = Session(folder, NOTE_JUDGE.name)

    def probabilities(self, activations: Activations, candidates: Candidates) -> NDArray[np.float32]:
        """How likely each candidate is a note: [candidates]."""
        surroundings = Surroundings(activations, candidates)
        by_time = np.argsort(candidates.frame, kind="stable")
        probability = np.zeros(len(candidates), np.float32)
        for first in range(0, len(candidates), _CANDIDATES_AT_ONCE):
            part = by_time[first : first + _CANDIDATES_AT_ONCE]
            probability[part] = self._network(surroundings.features(part))
        return probability
