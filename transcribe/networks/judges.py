"""NoteJudge and DrumJudge: of a possible note or drum hit and its surroundings, how likely it is one.

A peak of an onset activation means different things in a dense band, a piano and a wavering voice. A judge sees the
network's curves around the peak, and how dense the music is; it is taught on rendered mixes, so what it says is a
calibrated probability there.
"""

from __future__ import annotations

from torch import Tensor

from mp3tomidi.transcribe.drums import surroundings
from mp3tomidi.transcribe.networks.perceptron import Perceptron
from mp3tomidi.transcribe.networks.settings import DrumJudgeSettings, NoteJudgeSettings
from mp3tomidi.transcribe.notes import candidates


class Judge(Perceptron):
    """Features [candidates, feature_count] to log odds [candidates]."""

    answer_count = 1

    def forward(self, features: Tensor) -> Tensor:
        return self.answers(features)[:, 0]


class NoteJudge(Judge):
    """Of the features that `notes.candidates.Surroundings` gives."""

    feature_count = candidates.FEATURE_COUNT

    def __init__(self, settings: NoteJudgeSettings | None = None) -> None:
        super().__init__(settings or NoteJudgeSettings())


class DrumJudge(Judge):
    """Of those that `drums.surroundings.features` gives."""

    feature_count = surroundings.FEATURE_COUNT

    def __init__(self, settings: DrumJudgeSettings | None = None) -> None:
        super().__init__(settings or DrumJudgeSettings())
