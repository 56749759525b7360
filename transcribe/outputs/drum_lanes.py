"""Draws drum hits in lanes, one for each piece of the kit, low drums below: a stroke a hit, the higher the harder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.drums.classes import DRUM_PIECES, PIECE_OF_KEY
from mp3tomidi.transcribe.events import DrumHit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OTHER = "other"
ALL_LANES = tuple(piece.name for piece in DRUM_PIECES)
_HIGHEST = 0.9  # of a lane: what a velocity of 127 is drawn as
_SEEN = 0.15  # the softest is still to be seen


def lanes_of(hits: Iterable[DrumHit]) -> tuple[str, ...]:
    """The lanes that have hits, the lowest first; keys of no piece share the last one."""
    heard = {lane_of(hit) for hit in hits}
    return tuple(name for name in (*ALL_LANES, OTHER) if name in heard)


def lane_of(hit: DrumHit) -> str:
    return DRUM_PIECES[PIECE_OF_KEY[hit.key]].name if hit.key in PIECE_OF_KEY else OTHER


def draw(axes: Axes, hits: Iterable[DrumHit], floors: Mapping[str, float], height: float) -> None:
    """Strokes on the floors of their lanes, which are `height` high, in the axes' units."""
    start_s, stop_s = axes.get_xlim()
    axes.hlines(list(floors.values()), start_s, stop_s, colors="black", linewidths=0.3)
    shown = [hit for hit in hits if start_s <= hit.onset_s < stop_s]
    for number, (name, floor) in enumerate(floors.items()):
        strokes = [hit for hit in shown if lane_of(hit) == name]
        tops = [floor + height * max(_SEEN, _HIGHEST * hit.velocity / 127.0) for hit in strokes]
        axes.vlines([hit.onset_s for hit in strokes], floor, tops, colors=f"C{number}", linewidths=1.6)
