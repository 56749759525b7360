"""Reads beats that another program or a person has found, as beat_this, madmom and Sonic Visualiser write them.

A beat a line: its time in seconds and, if bars are known, its number in the bar, which begins with 1.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from os import PathLike
from pathlib import Path

import numpy as np

from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.events import MOST_BEATS_PER_BAR
from mp3tomidi.transcribe.rhythm.beats import Beats
from mp3tomidi.transcribe.rhythm.metres import Metre

FEWEST_BEATS = 2
USUAL_BEATS_PER_BAR = 4


@dataclass(frozen=True, slots=True)
class LabelledBeats:
    """Beats, rising, in seconds; bars: whether it is known which of them begin bars."""

    times_s: tuple[float, ...]
    bars: bool = False
    beats_per_bar: int = USUAL_BEATS_PER_BAR
    first_downbeat: int = 0

    def until(self, end_s: float) -> LabelledBeats:
        """Those before the end of a recording. Raises LabelsError if they are fewer than two."""
        inside = tuple(time_s for time_s in self.times_s if time_s < end_s)
        if len(inside) < FEWEST_BEATS:
            raise LabelsError(
                f"the beats that are given begin at {self.times_s[0]:g} s; the recording ends at {end_s:g} s"
            )
        return replace(self, times_s=inside)

    def as_found(self) -> Beats:
        """As if they had been found; quarters."""
        metre = Metre(self.beats_per_bar, 4, (self.beats_per_bar,))
        return Beats(np.array(self.times_s), metre, self.first_downbeat % self.beats_per_bar, gain=math.inf)


def read_beats(path: str | PathLike[str]) -> LabelledBeats:
    """Read a file of beats.

    Bars are as long as most of those in the file. Raises LabelsError if it cannot be read or holds something else.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(f"cannot read {path}: {getattr(error, 'strerror', None) or 'it is no text'}") from error
    rows = [line.replace(",", " ").split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    try:
        times_s = [float(row[0]) for row in rows]
        numbers = [int(float(row[1])) for row in rows if len(row) > 1]
    except ValueError:
        raise LabelsError(f"{path} holds no beats: a line is the time in seconds and, perhaps, 1 to 4") from None
    if len(times_s) < FEWEST_BEATS:
        raise LabelsError(f"{path} holds fewer than {FEWEST_BEATS} beats")
    if not all(0.0 <= time_s < math.inf for time_s in times_s) or any(b <= a for a, b in pairwise(times_s)):
        raise LabelsError(f"{path}: its times do not rise from 0 s on")
    starts = [index for index, number in enumerate(numbers) if number == 1]
    if len(numbers) < len(times_s) or len(starts) < FEWEST_BEATS:
        return LabelledBeats(tuple(times_s))
    length, _ = Counter(after - before for before, after in pairwise(starts)).most_common(1)[0]
    if length > MOST_BEATS_PER_BAR:
        raise LabelsError(f"{path}: its bars have {length} beats")
    first, _ = Counter(start % length for start in starts).most_common(1)[0]
    return LabelledBeats(tuple(times_s), True, length, first)
