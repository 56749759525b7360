"""Gives every drum hit candidate the posterior probability that it is a hit, by the two looks of a DrumJudge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.drums.context import CONTEXT_COUNT, context_features
from mp3tomidi.transcribe.drums.features import all_features
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.registry import DRUM_JUDGE

_LOOKS = 2


class DrumCandidateClassifier:
    """The DrumJudge in a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path) -> None:
        self._network = Session(folder, DRUM_JUDGE.name)
        if self._network.input_count != _LOOKS:
            path = folder / f"{DRUM_JUDGE.name}.onnx"
            raise WeightsError(f"{path}: a judge of an earlier version; teach it again with `mp3tomidi-train judge`")

    def probabilities(self, activations: DrumActivations, candidates: DrumCandidates) -> NDArray[np.float32]:
        """The probability that each candidate is a hit: [candidates]."""
        features = all_features(activations, candidates)
        unseen = np.zeros((len(candidates), CONTEXT_COUNT), np.float32)
        _, first = self._network.outputs(features, unseen)
        context = context_features(activations, candidates, expit(first))
        probability, _ = self._network.outputs(features, context)
        return probability
