"""NoteJudge: of a possible note and its surroundings, how likely it is one.

A peak of the onset activation means different things in a dense band, a piano and a wavering voice. The judge sees
the onset, frame and offset curves around the peak, at its own and at related pitches, and how dense the music is; it
is taught on rendered mixes, so what it says is a calibrated probability there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mp3tomidi.transcribe.activations import Activations
from mp3tomidi.transcribe.candidates import FEATURE_COUNT, Candidates, Surroundings

_CANDIDATES_AT_ONCE = 4096  # bounds the memory of long recordings


@dataclass(frozen=True, slots=True)
class NoteJudgeSettings:
    hidden: tuple[int, int] = (64, 16)
    dropout: float = 0.15


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

    @torch.inference_mode()
    def probabilities(self, activations: Activations, candidates: Candidates) -> NDArray[np.float32]:
        """How likely each candidate is a note: [candidates]."""
        surroundings = Surroundings(activations, candidates)
        parts = [
            torch.sigmoid(self(torch.from_numpy(surroundings.features(slice(first, first + _CANDIDATES_AT_ONCE)))))
            for first in range(0, len(candidates), _CANDIDATES_AT_ONCE)
        ]
        return torch.cat(parts).numpy() if parts else np.zeros(0, np.float32)
