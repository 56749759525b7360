"""The one table of drums: pieces of the kit, General MIDI keys, and the usual five and three classes.

Within music eight pieces of a kit are known; samples of single strokes, 13 classes: those eight, with side stick
and clap, which are played as the snare is, on their own, and what is struck, shaken and scraped beside a kit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrumPiece:
    """A piece of a drum kit, or several that sound alike."""

    name: str
    keys: tuple[int, ...]
    """General MIDI's, and those of Roland's kits (22, 26: edge of the hi-hat; 58: rim of the low tom)."""
    written_key: int
    """The one that a detected hit gets in MIDI."""
    of_five: str
    """Its class among DRUM_CLASSES."""


# As others divide the kit.
DRUM_CLASSES = ("KD", "SD", "HH", "TT", "CY")
THREE_CLASSES = DRUM_CLASSES[:3]
DRUM_PIECES = (
    DrumPiece("kick", (35, 36), 36, "KD"),
    DrumPiece("snare", (37, 38, 39, 40), 38, "SD"),
    DrumPiece("low tom", (41, 43, 45, 58), 45, "TT"),
    DrumPiece("high tom", (47, 48, 50), 50, "TT"),
    DrumPiece("closed hi-hat", (22, 42, 44), 42, "HH"),
    DrumPiece("open hi-hat", (26, 46), 46, "HH"),
    DrumPiece("crash", (49, 52, 55, 57), 49, "CY"),
    DrumPiece("ride", (51, 53, 59), 51, "CY"),
)
PIECE_COUNT = len(DRUM_PIECES)
LOW_TOM, HIGH_TOM, CLOSED_HAT, OPEN_HAT, CRASH, RIDE = range(2, PIECE_COUNT)  # by index

# Key to index in DRUM_PIECES; tambourines, cowbells, shakers and the like are no piece.
PIECE_OF_KEY = {key: index for index, piece in enumerate(DRUM_PIECES) for key in piece.keys}


@dataclass(frozen=True, slots=True)
class OneShotClass:
    """What a sample of a single stroke may be."""

    name: str
    keys: tuple[int, ...]
    """General MIDI's, and those of Roland's hi-hat."""
    written_key: int
    """The one that a sample of this class is laid on."""
    piece: int | None
    """Its index in DRUM_PIECES; None for what is no piece of a kit."""

    @property
    def of_five(self) -> str | None:
        """Its class among DRUM_CLASSES."""
        return None if self.piece is None else DRUM_PIECES[self.piece].of_five


# Samples are known by what they are, not by a pad that they are played from: 58 is General MIDI's vibraslap here, not
# the rim of Roland's low tom.
_BESIDE_THE_SNARE = (("side stick", 37), ("clap", 39))
_VIBRASLAP = 58
_SNARE = 1

ONE_SHOT_CLASSES = (
    *(
        OneShotClass(
            piece.name,
            tuple(key for key in piece.keys if key != _VIBRASLAP and key not in dict(_BESIDE_THE_SNARE).values()),
            piece.written_key,
            index,
        )
        for index, piece in enumerate(DRUM_PIECES)
    ),
    *(OneShotClass(name, (key,), key, _SNARE) for name, key in _BESIDE_THE_SNARE),
    OneShotClass("cowbell", (56,), 56, None),
    OneShotClass("tambourine", (54,), 54, None),
    OneShotClass("other percussion", (_VIBRASLAP, *range(60, 82)), 63, None),
)
ONE_SHOT_OF_KEY = {key: index for index, one in enumerate(ONE_SHOT_CLASSES) for key in one.keys}
