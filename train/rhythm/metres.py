"""Metres and tempos of composed songs, with the weights that they are drawn by."""

from __future__ import annotations

from dataclasses import dataclass

from mp3tomidi.transcribe.rhythm.metres import METRES, Metre


@dataclass(frozen=True, slots=True)
class MetreShare:
    """Share of all songs, and tempos in beats a minute (see `Metre`) that they have."""

    share: float
    slowest: float
    fastest: float


_SHARES = {
    "4/4 in 2 (2+2)": MetreShare(0.36, 50.0, 200.0),
    "4/4 in 3 (2+2)": MetreShare(0.04, 50.0, 130.0),
    "4/4 swung (2+2)": MetreShare(0.11, 70.0, 200.0),
    "3/4 in 2 (3)": MetreShare(0.14, 60.0, 200.0),
    "3/4 swung (3)": MetreShare(0.03, 90.0, 200.0),
    "2/4 in 2 (2)": MetreShare(0.06, 60.0, 160.0),
    "5/4 in 2 (3+2)": MetreShare(0.03, 80.0, 200.0),
    "5/4 in 2 (2+3)": MetreShare(0.01, 80.0, 200.0),
    "5/4 swung (3+2)": MetreShare(0.01, 120.0, 200.0),
    "6/8 in 3 (2)": MetreShare(0.1, 50.0, 130.0),
    "7/8 in 2 (2+2+3)": MetreShare(0.03, 160.0, 330.0),  # eighths
    "7/8 in 2 (3+2+2)": MetreShare(0.02, 160.0, 330.0),
    "12/8 in 3 (2+2)": MetreShare(0.06, 50.0, 110.0),
}
SONG_METRES: tuple[tuple[Metre, MetreShare], ...] = tuple((metre, _SHARES[metre.name]) for metre in METRES)
