"""Estimates the amounts of reverb, chorus and low-pass filtering of a recording, by the task `effects`."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify.classifier import Classifier
from mp3tomidi.transcribe.classify.task import Task
from mp3tomidi.transcribe.events import EffectAmounts

TASK = "effects"
DARK_HZ = 4000.0  # a recording with 99 % of its power below is filtered by a low pass, if by any filter
_ROLL_OFF_SHARE = 0.99
_TRANSFORM_SAMPLES = 2048
_SILENT = 1e-12


class EffectReader:
    """Estimates EffectAmounts; raises WeightsError or TaskError where the network cannot be used."""

    def __init__(self, weights: Path | None = None) -> None:
        self._classifier = Classifier(TASK, weights)

    def __call__(self, source: str | PathLike[str] | Audio) -> EffectAmounts:
        """Of a file, or of sound in memory. Raises AudioError."""
        task = self._classifier.task
        sound = MonoSound.of_source(source, task.sample_rate)  # decoded once for both
        classification = self._classifier.classify(sound)
        chorus, filtered = (
            float(classification.probabilities[task.classes.index(name)]) for name in ("chorus", "filter")
        )
        low_pass = filtered if roll_off_hz(sound, task.sample_rate) < DARK_HZ else 0.0
        return EffectAmounts(reverb_amount(classification.probabilities, task), chorus, low_pass)


def reverb_amount(probabilities: NDArray[np.float32], task: Task) -> float:
    """The expected amount of reverb, 0 to 1, from the probabilities of the task's classes.

    Much reverb counts one, some reverb without it one half.
    """
    some, much = (float(probabilities[task.classes.index(name)]) for name in ("some reverb", "much reverb"))
    return much + (1.0 - much) * 0.5 * some


def roll_off_hz(sound: MonoSound, sample_rate: int) -> float:
    """The frequency below which 99 % of a recording's power lies; half the sample rate for silence."""
    power = np.zeros(_TRANSFORM_SAMPLES // 2 + 1)
    rest = np.zeros(0, np.float32)
    window = np.hanning(_TRANSFORM_SAMPLES)
    for block in sound.blocks():
        rest = np.concatenate([rest, block])
        whole = len(rest) // _TRANSFORM_SAMPLES * _TRANSFORM_SAMPLES
        frames = rest[:whole].reshape(-1, _TRANSFORM_SAMPLES) * window
        power += np.square(np.abs(np.fft.rfft(frames))).sum(axis=0)
        rest = rest[whole:]
    total = power.sum()
    if total < _SILENT:
        return sample_rate / 2
    place = int(np.searchsorted(np.cumsum(power), _ROLL_OFF_SHARE * total))
    return place * sample_rate / _TRANSFORM_SAMPLES
