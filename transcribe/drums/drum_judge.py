"""DrumJudge: the features of a possible drum hit to the log odds that it is one, in two looks.

The first look sees DrumNet's activations (`features`), the second the passage as the first one found it (`context`),
and corrects the first one's log odds where these leave a doubt. The second is the mean of several networks: what one
makes of a whole recording depends on its seed, since only a few thousand clips taught it. `candidate_classifier` runs
them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.drums.features import FEATURE_COUNT
from mp3tomidi.transcribe.drums.second_look_features import CONTEXT_COUNT
from mp3tomidi.transcribe.networks.perceptron import LogitPerceptron
from mp3tomidi.transcribe.networks.settings import DrumJudgeSettings, PerceptronSettings

# Log odds after the first look between which there is a doubt. Of the candidates outside, of which 99 in 100 are judged
# rightly, a second look learns nothing.
DOUBTFUL = (-3.5, 5.5)


class FirstLook(LogitPerceptron):
    """Features [candidates, FEATURE_COUNT] to log odds [candidates]."""

    feature_count = FEATURE_COUNT


class SecondLook(LogitPerceptron):
    """Context [candidates, CONTEXT_COUNT], the first look's log odds in its first column, to log odds [candidates]."""

    feature_count = CONTEXT_COUNT

    def forward(self, features: Tensor) -> Tensor:
        return features[:, 0] + super().forward(features)


class SecondLooks(nn.Module):
    """The mean log odds [candidates] of several SecondLooks."""

    feature_count = SecondLook.feature_count

    def __init__(self, settings: PerceptronSettings, count: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(SecondLook(settings) for _ in range(count))

    def forward(self, features: Tensor) -> Tensor:
        return torch.stack([member(features) for member in self.members]).mean(dim=0)


class DrumJudge(nn.Module):
    """Both looks, as one file of weights."""

    def __init__(self, settings: DrumJudgeSettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or DrumJudgeSettings()
        self.first = FirstLook(PerceptronSettings(settings.hidden, settings.dropout))
        second = PerceptronSettings(settings.second_hidden, settings.second_dropout)
        self.second = SecondLooks(second, settings.second_looks)

    def forward(self, features: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Log odds [candidates] after the second look, and after the first one, which needs no context yet."""
        first = self.first(features)
        in_doubt = (first > DOUBTFUL[0]) & (first < DOUBTFUL[1])
        return torch.where(in_doubt, self.second(context), first), first
