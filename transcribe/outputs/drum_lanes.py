"""Draws drum hits in lanes, one for each piece of the kit, low drums below: a stroke a hit, the higher the harder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.drum_kit import DRUM_PIECES
from mp3tomidi.transcribe.events import OTHER_DRUM, DrumHit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALL_LANES = tuple(piece.name for piece in DRUM_PIECES)
_HIGHEST = 0.9  # of a lane: what a velocity of 127 is drawn as
_SOFTEST_ALPHA = 0.15  # the softest is still to be seen
_COLOURS = ("C0", "C1", "C2", "C3", "C4", "C5", "C6", "C9", "C8")  # matplotlib's own without its grey


def lanes_of(hits: Iterable[DrumHit]) -> tuple[str, ...]:
    """The lanes that have hits, the lowest first; keys of no piece share the last one."""
    used = {hit.instrument for hit in hits}
    return tuple(name for name in (*ALL_LANES, OTHER_DRUM) if name in used)


def draw(axes: Axes, hits: Iterable[DrumHit], floors: Mapping[str, float], height: float) -> None:
    """Strokes on the floors of their lanes, which are `height` high, in the axes' units."""
    start_s, stop_s = axes.get_xlim()
    axes.hlines(list(floors.values()), start_s, stop_s, colors="black", linewidths=0.3)
    shown = [hit for hit in hits if start_s <= hit.onset_s < stop_s]
    for number, (name, floor) in enumerate(floors.items()):
        strokes = [hit for hit in shown if hit.instrument == name]
        tops = [floor + height * max(_SOFTEST_ALPHA, _HIGHEST * hit.velocity / 127.0) for hit in strokes]
        axes.vlines([hit.onset_s for hit in strokes], floor, tops, colors=_COLOURS[number], linewidths=1.6)
