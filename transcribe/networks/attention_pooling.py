"""AttentionPooling: the embeddings of a recording's segments to the logits of the recording's classes.

A small perceptron weighs each segment by its embedding and by facts on it (its level, whether it is silent, its place;
see classify/merging.py); the weighted mean of both goes through one more layer. The pooling of Ilse, Tomczak and
Welling, "Attention-based deep multiple instance learning" (2018, arXiv 1802.04712), with these facts beside.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.dataclass_parsing import SettingsError


@dataclass(frozen=True, slots=True)
class AttentionPoolingSettings:
    """The size of an AttentionPooling. Raises SettingsError if it makes no sense."""

    embedding_size: int
    fact_count: int
    class_count: int
    hidden: int = 64
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if min(self.embedding_size, self.fact_count, self.class_count, self.hidden) < 1:
            raise SettingsError(
                "an AttentionPooling needs embeddings, facts, classes and hidden units, at least one each"
            )
        if not 0 <= self.dropout < 1:
            raise SettingsError(f"dropout must be from 0 to below 1, not {self.dropout}")


class AttentionPooling(nn.Module):
    """Embeddings [recording, segment, embedding_size] and facts [recording, segment, fact_count] to logits
    [recording, class]. `there` [recording, segment] is 0 for what only fills a recording up to the longest one."""

    def __init__(self, settings: AttentionPoolingSettings) -> None:
        super().__init__()
        self.settings = settings
        input_size = settings.embedding_size + settings.fact_count
        self.score = nn.Sequential(nn.Linear(input_size, settings.hidden), nn.Tanh(), nn.Linear(settings.hidden, 1))
        self.head = nn.Sequential(
            nn.Linear(input_size, settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, settings.class_count),
        )

    def forward(self, embeddings: Tensor, facts: Tensor, there: Tensor) -> Tensor:
        inputs = torch.cat([embeddings, facts], dim=2)
        scores = self.score(inputs).squeeze(2) + (there - 1.0) * 1e9
        weights = torch.softmax(scores, dim=1)
        logits: Tensor = self.head((weights[:, :, None] * inputs).sum(dim=1))
        return logits


class OfOneRecording(nn.Module):
    """An AttentionPooling as it is exported: embeddings [segment, size] and facts [segment, count] of one recording to
    logits [class].
    """

    def __init__(self, net: AttentionPooling) -> None:
        super().__init__()
        self.net = net

    def forward(self, embedding: Tensor, facts: Tensor) -> Tensor:
        logits: Tensor = self.net(embedding[None], facts[None], torch.ones_like(facts[None, :, 0]))
        return logits[0]
