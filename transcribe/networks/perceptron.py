"""The perceptrons of judges and of drum velocities: features of a candidate to one number, by two hidden layers.

Features are standardised by their mean and deviation over all that taught it, which are part of its weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.networks.settings import PerceptronSettings


class Perceptron(nn.Module):
    """Features [candidates, feature_count] to what a kind of network makes of `answers`."""

    feature_count: int
    answer_count: int

    def __init__(self, settings: PerceptronSettings) -> None:
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
            nn.Linear(narrow, self.answer_count),
        )

    def answers(self, features: Tensor) -> Tensor:
        """[candidates, answer_count]"""
        result: Tensor = self.layers((features - self.mean) / self.deviation)
        return result


class LogitPerceptron(Perceptron):
    """Features [candidates, feature_count] to log odds [candidates]."""

    answer_count = 1

    def forward(self, features: Tensor) -> Tensor:
        return self.answers(features)[:, 0]
