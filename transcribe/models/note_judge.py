"""NoteJudge: of a possible note and its surroundings, how likely it is one.

A peak of the onset activation means different things in a dense band, a piano and a wavering voice. The judge sees
the onset, frame and offset curves around the peak, at its own and at related pitches, and how dense the music is; it
is taught on rendered mixes, so what it says is a calibrated probability there.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.models.settings import NoteJudgeSettings
from mp3tomidi.transcribe.notes.candidates import FEATURE_COUNT


class NoteJudge(nn.Module):
    """Features [candidates, FEATURE_COUNT] to log odds [candidates]."""

    def __init__(self, settings: NoteJudgeSettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or NoteJudgeSettings()
        wide, narrow = settings.hidden
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(FEATURE_COUNT))
        self.register_buffer("deviation", torch.ones(FEATURE_COUNT))
        self.layers = nn.Sequential(
            nn.Dropout(settings.dropout),
            nn.Linear(FEATURE_COUNT, wide),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(wide, narrow),
            nn.ReLU(),
            nn.Linear(narrow, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.layers((features - self.mean) / self.deviation)[:, 0]
        return result
