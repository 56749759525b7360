"""DrumVelocity: features of a stroke to how much harder it is than the others on that piece."""

from __future__ import annotations

from torch import Tensor

from mp3tomidi.transcribe.drum_kit import PIECE_COUNT
from mp3tomidi.transcribe.drums import velocity
from mp3tomidi.transcribe.networks.perceptron import Perceptron
from mp3tomidi.transcribe.networks.settings import DrumVelocitySettings

UNIT = 16.0  # of MIDI velocity; about the standard deviation of what drummers play


class DrumVelocity(Perceptron):
    """Features [strokes, FEATURE_COUNT] of `drums.velocity` to differences of MIDI velocity [strokes].

    All pieces share what is made of the features, and each reads its own velocity from it.
    """

    feature_count = velocity.FEATURE_COUNT
    answer_count = PIECE_COUNT

    def __init__(self, settings: DrumVelocitySettings | None = None) -> None:
        super().__init__(settings or DrumVelocitySettings())

    def forward(self, features: Tensor) -> Tensor:
        is_piece = features[:, :PIECE_COUNT]
        return UNIT * (self.answers(features) * is_piece).sum(dim=1)
