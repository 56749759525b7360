"""NoteJudge: the features of a possible note to the log odds that it is one.

A peak of an onset activation means different things in a dense band, a piano and a wavering voice. A judge sees the
activations around the peak, and how dense the music is; it is trained on the candidates of rendered mixes, so what it
gives is a calibrated probability there.
"""

from __future__ import annotations

from mp3tomidi.transcribe.networks.perceptron import LogitPerceptron
from mp3tomidi.transcribe.networks.settings import NoteJudgeSettings
from mp3tomidi.transcribe.notes import features


class NoteJudge(LogitPerceptron):
    """Features [candidates, FEATURE_COUNT] of `notes.features` to log odds [candidates]."""

    feature_count = features.FEATURE_COUNT

    def __init__(self, settings: NoteJudgeSettings | None = None) -> None:
        super().__init__(settings or NoteJudgeSettings())
