"""NoteJudge and DrumJudge: of a possible note or drum hit and its surroundings, how likely it is one.

A peak of an onset activation means different things in a dense band, a piano and a wavering voice. A judge sees the
network's curves around the peak, and how dense the music is; it is taught on rendered mixes, so what it says is a
calibrated probability there.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.drums import surroundings
from mp3tomidi.transcribe.models.settings import DrumJudgeSettings, JudgeSettings, NoteJudgeSettings
from mp3tomidi.transcribe.notes import candidates


class Judge(nn.Module):
    """Features [candidates, feature_count] to log odds [candidates]."""

    feature_count: int

    def __init__(self, settings: JudgeSettings) -> None:
        super().__init__()
        self.settings = settings
        wide, narrow = settings.hidden
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(self.feature_count))
        self.register_buffer("deviation", torch.ones(self.feature_count))
        self.layers = nn.Sequential(
            nn.Dropout(settings.dropout),
            nn.Linear(self.feature_count, wide),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(wide, narrow),
            nn.ReLU(),
            nn.Linear(narrow, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.layers((features - self.mean) / self.deviation)[:, 0]
        return result


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
