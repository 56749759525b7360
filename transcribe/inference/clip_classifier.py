"""Runs a ClipSpectrogramNet: short sounds in, class probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.front_end.clips import ClipFrontEnd
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.registry import NetworkSpec
from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings

_TOGETHER = 32  # sounds that are computed at once: more take memory, and no less time


class ClipClassifier:
    """The ClipSpectrogramNet of this entry in a folder of weights. Raises WeightsError if it cannot be used."""

    def __init__(self, folder: Path, spec: NetworkSpec) -> None:
        self.settings: ClipSpectrogramNetSettings = spec.read_settings(folder)
        self._front_end = ClipFrontEnd(self.settings)
        self._network = Session(folder, spec.name)

    def __call__(self, sounds: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Probabilities [sound, class] of mono sounds [samples] at the rate of `settings.front_end`.

        Raises ValueError if one of them is silent.
        """
        probabilities = [np.zeros((0, len(self.settings.classes)), np.float32)]
        for first in range(0, len(sounds), _TOGETHER):
            probabilities.append(
                self._network(np.stack([self._front_end(sound) for sound in sounds[first:][:_TOGETHER]]))
            )
        return np.concatenate(probabilities)
