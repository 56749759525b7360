"""Drum hits as they stand in a score: which line and which head each has, and how they fill two voices.

Places and heads are those of Weinberg's guidelines ("Guidelines for Drumset Notation", 1994), which MuseScore and most
publishers follow: what hands play has its stem up, the kick has it down; cymbals have crosses for heads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mp3tomidi.transcribe.drum_kit import CLOSED_HAT, CRASH, HIGH_TOM, LOW_TOM, OPEN_HAT, PIECE_OF_KEY, RIDE
from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.outputs.bars import Bars
from mp3tomidi.transcribe.rhythm.quantisation import UPPER, ScoreNote, quantise

HANDS, FEET = 1, 2  # voices
_KICK, _SNARE = 0, 1  # by index in DRUM_PIECES
_SHORTEST_S = 0.05  # a stroke has no length; the score gives it one


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a drum on five lines (as if in the treble clef), and how it is written and played."""

    name: str
    key: int
    """General MIDI's."""
    step: str
    octave: int
    head: str = "normal"
    voice: int = HANDS


_OF_PIECE = {
    _KICK: Place("Bass Drum", 36, "F", 4, voice=FEET),
    _SNARE: Place("Snare", 38, "C", 5),
    LOW_TOM: Place("Low Tom", 45, "A", 4),
    HIGH_TOM: Place("High Tom", 50, "E", 5),
    CLOSED_HAT: Place("Closed Hi-Hat", 42, "G", 5, "x"),
    OPEN_HAT: Place("Open Hi-Hat", 46, "G", 5, "circle-x"),
    CRASH: Place("Crash Cymbal", 49, "A", 5, "x"),
    RIDE: Place("Ride Cymbal", 51, "F", 5, "x"),
}
_OF_KEY = {
    37: Place("Side Stick", 37, "C", 5, "x"),
    39: Place("Clap", 39, "C", 5, "slash"),
    54: Place("Tambourine", 54, "B", 5, "triangle"),
    56: Place("Cowbell", 56, "E", 5, "triangle"),
}


def place_of(key: int) -> Place:
    """The place of a key of General MIDI; what is no drum of a kit stands above it, as a diamond."""
    if key in _OF_KEY:
        return _OF_KEY[key]
    piece = PIECE_OF_KEY.get(key)
    return Place("Percussion", key, "B", 5, "diamond") if piece is None else _OF_PIECE[piece]


def written_hits(
    hits: Sequence[DrumHit], beats_s: Sequence[float], bars: Bars, *, swung: bool = False
) -> list[ScoreNote]:
    """Hits on the grid, each in its voice, as long as its voice's next one allows, and never beyond its beat.

    Their pitches are the keys of their places. beats_s, swung: as `quantise` takes them.
    """
    strokes = [Note(hit.onset_s, hit.onset_s + _SHORTEST_S, place_of(hit.key).key, hit.velocity) for hit in hits]
    on_grid = quantise(strokes, beats_s, two_staves=False, triplets=bars.has_triplets, swung=swung)
    by_voice: defaultdict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for note in on_grid.notes:
        by_voice[place_of(note.pitch).voice][note.onset].add(note.pitch)
    written = []
    for voice, struck in by_voice.items():
        onsets = sorted(struck)
        for onset, following in pairwise([*onsets, onsets[-1] + bars.length]):
            duration = min(following, bars.beat_end(onset)) - onset
            written += [ScoreNote(onset, duration, key, UPPER, voice) for key in sorted(struck[onset])]
    return sorted(written)
