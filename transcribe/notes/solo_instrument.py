"""Second opinion on the family of an instrument that plays alone, by the classifier of the task `instrument`.

It listens to a few seconds only, and is loaded when it is first asked, which is seldom (`families.SOLO_DOUBT`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.instruments import FAMILIES
from mp3tomidi.transcribe.networks.registry import SEGMENT_CLASSIFIER
from mp3tomidi.transcribe.networks.weight_files import read_card, shipped_folder

if TYPE_CHECKING:
    from mp3tomidi.transcribe.inference.session import Session

TASK = "instrument"
SAMPLE_RATE = 16_000
EXCERPTS, EXCERPT_HALF_SECONDS = 3, 6
_HALF_SECOND = SAMPLE_RATE // 2
_LEAST_PROBABILITY = 1e-3


def loudest_excerpts(sound: MonoSound) -> NDArray[np.float32] | None:
    """The loudest EXCERPTS of 3 s each that do not overlap, one after the other [samples], at SAMPLE_RATE.

    All of a shorter sound; None of one that is too long to be held in memory, which would have to be decoded again.
    """
    if not sound.is_held:
        return None
    samples = np.concatenate([np.zeros(0, np.float32), *sound.blocks()])
    steps = len(samples) // _HALF_SECOND
    if steps <= EXCERPTS * EXCERPT_HALF_SECONDS:
        return samples
    powers = np.square(samples[: steps * _HALF_SECOND].reshape(steps, _HALF_SECOND)).sum(axis=1)
    power = np.convolve(powers, np.ones(EXCERPT_HALF_SECONDS), "valid")
    excerpts = []
    for _ in range(EXCERPTS):
        first = int(power.argmax())
        excerpts.append(samples[first * _HALF_SECOND : (first + EXCERPT_HALF_SECONDS) * _HALF_SECOND])
        power[max(0, first - EXCERPT_HALF_SECONDS + 1) : first + EXCERPT_HALF_SECONDS] = -np.inf
    return np.concatenate(excerpts)


class SoloInstrument:
    """The shipped classifier. Raises WeightsError when it is first asked, if it cannot be used."""

    def __init__(self) -> None:
        self._network: Session | None = None

    def log_probabilities(self, excerpts: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log probabilities of the families [FAMILIES] that play mono sound [samples] at SAMPLE_RATE."""
        name = SEGMENT_CLASSIFIER.for_task(TASK).name
        if self._network is None:
            from mp3tomidi.transcribe.inference.session import Session

            self._network = Session(shipped_folder(), name)
            self._task = read_card(shipped_folder(), name)["task"]
        size, hop = self._task["segment_samples"], self._task["hop_samples"]
        padded = np.pad(excerpts, (0, max(0, size - len(excerpts))))
        segments = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
        probability = self._network.outputs(np.ascontiguousarray(segments))[0].mean(axis=0)
        by_family = np.maximum(
            [probability[self._task["classes"].index(family)] for family in FAMILIES], _LEAST_PROBABILITY
        )
        return np.asarray(np.log(by_family / by_family.sum()), np.float64)
