"""Recognises which drum a sample of a single stroke is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import stream
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES, OneShotClass
from mp3tomidi.transcribe.errors import AudioError, WeightsError
from mp3tomidi.transcribe.front_end.clips import SILENCE
from mp3tomidi.transcribe.inference.clip_classifier import ClipClassifier
from mp3tomidi.transcribe.networks.registry import ONE_SHOTS
from mp3tomidi.transcribe.networks.weight_files import shipped_folder

LONGEST_S = 10.0  # a stroke is looked for in the first seconds of a file
# A stroke is classified as it is, brighter and darker, by these shares of each sample's predecessor taken from it:
# of kits kept back .886 of 13 classes are right instead of .877, and as many of five (.931).
TILTS = (0.0, 0.5, -0.5)
_FLOOR = 1e-4  # of a probability before its logarithm


@dataclass(frozen=True, slots=True)
class OneShot:
    """What a sample was recognised as; `confidence`, 0 to 1, is how likely that is."""

    drum: OneShotClass
    confidence: float


class OneShotSorter:
    """Recognises samples of single drum strokes: loads the network once, for any number of them.

    Parameters
    ----------
    weights
        Folder of weights. Default: the shipped ones.

    Raises
    ------
    WeightsError
        If the weights cannot be used.
    """

    def __init__(self, weights: Path | None = None) -> None:
        folder = weights or shipped_folder()
        self._classifier = ClipClassifier(folder, ONE_SHOTS)
        if self._classifier.settings.classes != tuple(drum.name for drum in ONE_SHOT_CLASSES):
            raise WeightsError(f"{folder}: the network of one-shots tells other classes than this program knows")
        self.sample_rate = self._classifier.settings.front_end.sample_rate

    def recognise(self, path: str | PathLike[str]) -> OneShot:
        """The sample in a file. Raises AudioError if it cannot be read or is silent."""
        sound = next(stream(path, sample_rate=self.sample_rate, mono=True, block_s=LONGEST_S)).samples
        if np.abs(sound).max(initial=0.0) < SILENCE:
            raise AudioError(f"{path} is silent: there is no drum to recognise")
        return self.recognise_sounds([sound])[0]

    def recognise_sounds(self, sounds: Sequence[NDArray[np.float32]]) -> list[OneShot]:
        """Samples in memory, mono at `sample_rate`. Raises ValueError if one of them is silent."""
        logs = [np.log(self._classifier([tilted(sound, tilt) for sound in sounds]) + _FLOOR) for tilt in TILTS]
        probabilities = np.exp(np.mean(logs, axis=0))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return [OneShot(ONE_SHOT_CLASSES[row.argmax()], float(row.max())) for row in probabilities]


def tilted(sound: NDArray[np.float32], tilt: float) -> NDArray[np.float32]:
    """The sound [samples] less `tilt` of what came a sample before: brighter from 0 to 1, darker from -1 to 0."""
    changed = sound.copy()
    changed[1:] -= np.float32(tilt) * sound[:-1]
    return changed
