"""DrumJudge: the features of a possible drum hit to the log odds that it is one. Compare `notes.note_judge`."""

from __future__ import annotations

from mp3tomidi.transcribe.drums import features
from mp3tomidi.transcribe.networks.perceptron import LogitPerceptron
from mp3tomidi.transcribe.networks.settings import DrumJudgeSettings


class DrumJudge(LogitPerceptron):
    """Features [candidates, FEATURE_COUNT] of `drums.features` to log odds [candidates]."""

    feature_count = features.FEATURE_COUNT

    def __init__(self, settings: DrumJudgeSettings | None = None) -> None:
        super().__init__(settings or DrumJudgeSettings())
