"""Beams of the notes of a voice, by the metre of the bar.

Beams show the beat (Gould, "Behind Bars", 2011): notes shorter than a quarter are joined within a beat and broken by a
rest. Plain eighths that fill half a bar of four quarters, or a whole bar of three, are joined as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from mp3tomidi.transcribe.outputs.bars import DOTTED_EIGHTH, HALF, QUARTER, Bars
from mp3tomidi.transcribe.rhythm.quantisation import EIGHTH, SIXTEENTH, TRIPLET

BEGIN, CONTINUE, END, FORWARD_HOOK, BACKWARD_HOOK = "begin", "continue", "end", "forward hook", "backward hook"
_BEAM_COUNTS = {EIGHTH: 1, TRIPLET: 1, DOTTED_EIGHTH: 1, SIXTEENTH: 2}  # by length in ticks; others have no beam

Span = tuple[int, int]
"""Onset and length of a note or chord as it is written, in ticks."""


def beams_of(spans: Sequence[Span], bars: Bars) -> dict[int, tuple[str, ...]]:
    """The state of each beam of each note that has any, from the outermost on, as MusicXML names them; by onset.

    spans: the notes of one voice that lie in one bar, by onset.
    """
    states: dict[int, tuple[str, ...]] = {}
    for group in _groups(spans, bars):
        counts = [_BEAM_COUNTS[length] for _, length in group]
        levels = [_level([count >= level for count in counts], group) for level in range(1, max(counts) + 1)]
        for index, (onset, _) in enumerate(group):
            states[onset] = tuple(level[index] for level in levels if level[index])
    return states


def _groups(spans: Sequence[Span], bars: Bars) -> Iterator[list[Span]]:
    """Two or more notes each that follow one another without a rest and are joined by one beam."""
    for _, chosen in groupby(spans, key=lambda span: _window(span[0], spans, bars)):
        run: list[Span] = []
        for span in chosen:
            if span[1] not in _BEAM_COUNTS or (run and sum(run[-1]) != span[0]):
                if len(run) > 1:
                    yield run
                run = []
            if span[1] in _BEAM_COUNTS:
                run.append(span)
        if len(run) > 1:
            yield run


def _window(onset: int, spans: Sequence[Span], bars: Bars) -> int:
    """Where the part of the bar begins, in ticks from 0, within which the note at an onset may be joined to others."""
    bar, in_bar = onset - onset % bars.length, onset % bars.length
    if (wide := _wide_window(bars)) is not None:
        start = bar + in_bar - in_bar % wide
        if [span for span in spans if start <= span[0] < start + wide] == [
            (eighth, EIGHTH) for eighth in range(start, start + wide, EIGHTH)
        ]:
            return start
    # What a bar has beyond whole beats, as one of 7/8 does, belongs to the last of them.
    return bar + min(in_bar // bars.beat, bars.length // bars.beat - 1) * bars.beat


def _wide_window(bars: Bars) -> int | None:
    if bars.beat != QUARTER:
        return None
    if bars.length % HALF == 0:
        return HALF
    return bars.length if bars.length == 3 * QUARTER else None


def _level(has_beam: Sequence[bool], group: Sequence[Span]) -> list[str]:
    """The state of the beams of one level in a group; empty for a note without one."""
    states = []
    padded = [False, *has_beam, False]
    for index, (onset, _) in enumerate(group):
        before, here, after = padded[index : index + 3]
        if not here:
            states.append("")
        elif before or after:
            states.append(CONTINUE if before and after else END if before else BEGIN)
        elif index == 0 or (onset % EIGHTH == 0 and index < len(group) - 1):
            states.append(FORWARD_HOOK)
        else:
            states.append(BACKWARD_HOOK)
    return states
