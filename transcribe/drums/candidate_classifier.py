"""Gives every drum hit candidate the posterior probability that it is a hit, by the two looks of a DrumJudge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.drums.features import FEATURE_COUNT, all_features
from mp3tomidi.transcribe.drums.second_look_features import CONTEXT_COUNT, context_by_passage
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.registry import DRUM_JUDGE

_LOOKS = 2
_CANDIDATES_AT_ONCE = 4096  # bounds the memory of long recordings


class DrumCandidateClassifier:
    """The DrumJudge in a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path) -> None:
        self._network = Session(folder, DRUM_JUDGE.name)
        if self._network.feature_counts != [FEATURE_COUNT, CONTEXT_COUNT]:
            path = folder / f"{DRUM_JUDGE.name}.onnx"
            raise WeightsError(f"{path}: a judge of an earlier version; teach it again with `mp3tomidi-train judge`")

    def probabilities(self, activations: DrumActivations, candidates: DrumCandidates) -> NDArray[np.float32]:
        """The probability that each candidate is a hit: [candidates]."""
        features = all_features(activations, candidates)
        first, probability = (np.zeros(len(candidates), np.float32) for _ in range(_LOOKS))
        unseen = np.zeros((_CANDIDATES_AT_ONCE, CONTEXT_COUNT), np.float32)
        for start in range(0, len(candidates), _CANDIDATES_AT_ONCE):
            block = features[start : start + _CANDIDATES_AT_ONCE]
            _, first[start : start + len(block)] = self._network.outputs(block, unseen[: len(block)])
        for inside, context in context_by_passage(activations, candidates, expit(first)):
            probability[inside], _ = self._network.outputs(features[inside], context)
        return probability
