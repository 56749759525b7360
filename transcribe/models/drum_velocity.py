"""DrumVelocity: of a stroke and what surrounds it, how much harder it is than the others on that piece."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.drums import velocity
from mp3tomidi.transcribe.drums.classes import PIECE_COUNT
from mp3tomidi.transcribe.models.settings import DrumVelocitySettings

UNIT = 16.0  # of MIDI velocity; about the standard deviation of what drummers play


class DrumVelocity(nn.Module):
    """Features [strokes, FEATURE_COUNT] of `drums.velocity` to differences of MIDI velocity [strokes].

    All pieces share what is made of the features, and each reads its own velocity from it.
    """

    feature_count = velocity.FEATURE_COUNT

    def __init__(self, settings: DrumVelocitySettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or DrumVelocitySettings()
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
            nn.Linear(narrow, PIECE_COUNT),
        )

    def forward(self, features: Tensor) -> Tensor:
        of_pieces: Tensor = self.layers((features - self.mean) / self.deviation)
        is_piece = features[:, :PIECE_COUNT]
        return UNIT * (of_pieces * is_piece).sum(dim=1)
