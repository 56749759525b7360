"""Bars and beats of a score in ticks, and how notes and rests are cut so that a reader sees both.

What is cut follows common practice (Gould, "Behind Bars", 2011): nothing hides a beat, a rest of two beats stands in a
half of the bar only, a beat of a compound metre is a dotted quarter, and an empty bar has one rest for all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from mp3tomidi.transcribe.events import MetreChange
from mp3tomidi.transcribe.rhythm.quantisation import EIGHTH, SIXTEENTH, TICKS_PER_QUARTER

QUARTER, HALF, WHOLE = TICKS_PER_QUARTER, 2 * TICKS_PER_QUARTER, 4 * TICKS_PER_QUARTER
DOTTED_EIGHTH, DOTTED_QUARTER = 3 * SIXTEENTH, 3 * EIGHTH
# What one symbol can say, from the longest on: in beats that are quarters, and in beats that are dotted quarters.
_SIMPLE = (WHOLE, 3 * QUARTER, HALF, QUARTER)
_COMPOUND = (4 * DOTTED_QUARTER, 2 * DOTTED_QUARTER, DOTTED_QUARTER)


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars that are all alike, the first of which begins at tick 0; what is before `start` is not written.

    length: of a bar; beat: of a beat (a dotted quarter in compound metres), both in ticks; count: of bars.
    """

    length: int
    beat: int = QUARTER
    start: int = 0
    count: int = 1

    @classmethod
    def of(cls, metre: MetreChange, start: int, end: int) -> Bars:
        """The bars of a metre from the one that holds tick `start`, at least one, to the one that ends `end`.

        The first is a pickup bar, as short as whole beats allow, where nothing begins in its first beat.
        """
        length = round(metre.bar_quarters * TICKS_PER_QUARTER)
        beat = DOTTED_QUARTER if metre.tapped_quarters > 1.0 else QUARTER
        start -= start % length % beat
        return cls(length, beat, start, max(-(-end // length), start // length + 1))

    @property
    def is_compound(self) -> bool:
        return self.beat == DOTTED_QUARTER

    @property
    def has_triplets(self) -> bool:
        """Whether quarters may be divided in three: those of compound metres are no beats, those of 7/8 are cut."""
        return not self.is_compound and self.length % self.beat == 0

    @property
    def has_pickup(self) -> bool:
        return self.start % self.length != 0

    def spans(self) -> list[tuple[int, int]]:
        """The (start, end) of each bar that is written."""
        first = self.start // self.length
        lines = [self.start, *(bar * self.length for bar in range(first + 1, self.count + 1))]
        return list(pairwise(lines))

    def beat_end(self, tick: int) -> int:
        """End of the beat that holds a tick, at the latest that of the bar."""
        bar = tick - tick % self.length
        return min(tick + self.beat - (tick - bar) % self.beat, bar + self.length)

    def notes(self, onset: int, duration: int) -> Iterator[tuple[int, int]]:
        """The (start, length) of each note to tie together to one of this length."""
        end = onset + duration
        while onset < end:
            in_bar = onset % self.length
            cut = self._compound_note if self.is_compound else self._simple_note
            length = cut(onset, min(end - onset, self.length - in_bar), in_bar)
            yield onset, length
            onset += length

    def rests(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The (start, length) of each rest to fill a gap with that lies in one bar."""
        while start < end:
            length = self._rest(start, end - start, start % self.length)
            yield start, length
            start += length

    def _simple_note(self, onset: int, duration: int, in_bar: int) -> int:
        in_beat = in_bar % self.beat
        if in_beat == 0:
            if duration < QUARTER or duration == DOTTED_QUARTER:
                return duration
            return next(length for length in _SIMPLE if length <= duration)
        syncopated = in_beat == EIGHTH and duration == QUARTER and in_bar % HALF == EIGHTH
        return duration if syncopated else min(duration, self.beat_end(onset) - onset)

    def _compound_note(self, onset: int, duration: int, in_bar: int) -> int:
        if in_bar % self.beat == 0 and duration >= self.beat:
            return next(length for length in _COMPOUND if length <= duration and in_bar % length == 0)
        length = min(duration, self.beat_end(onset) - onset)
        if length in (SIXTEENTH, EIGHTH, DOTTED_EIGHTH, QUARTER):
            return length
        return QUARTER if in_bar % self.beat == 0 else SIXTEENTH

    def _rest(self, start: int, duration: int, in_bar: int) -> int:
        if in_bar % self.beat == 0 and duration >= self.beat:
            half = 2 * self.beat
            in_half = self.length == 2 * half and in_bar % half == 0 and duration >= half
            return half if in_half else self.beat
        length = min(duration, self.beat_end(start) - start)
        if length % SIXTEENTH:
            return length  # of a triplet
        if in_bar % EIGHTH:
            return SIXTEENTH
        longest = QUARTER if self.is_compound else DOTTED_EIGHTH
        return min(length, longest if in_bar % self.beat == 0 else EIGHTH)
