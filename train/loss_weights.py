"""Weights of the parts of the losses, as recipes set them."""

from __future__ import annotations

from dataclasses import dataclass

from mp3tomidi.transcribe.drum_kit import PIECE_COUNT


@dataclass(frozen=True, slots=True)
class NoteLossWeights:
    """Weights of the parts. Onsets are rare, so a cell with one counts 1 + onset_positive times."""

    onset: float = 4.0
    frame: float = 2.0
    offset: float = 2.0
    velocity: float = 2.0
    families: float = 0.5  # all of them together, where the network has rolls of families
    onset_positive: float = 4.0


@dataclass(frozen=True, slots=True)
class DrumLossWeights:
    """Weights of the parts. Hits are rare, toms and cymbals rarest: a cell with one counts 1 + positive times."""

    onset: float = 10.0
    velocity: float = 5.0
    positive: tuple[float, ...] = (2.0, 2.0, 6.0, 6.0, 2.0, 4.0, 6.0, 4.0)  # by piece, as drum_kit.DRUM_PIECES

    def __post_init__(self) -> None:
        if len(self.positive) != PIECE_COUNT:
            raise ValueError(f"positive must have {PIECE_COUNT} values, one a piece of the kit")
