"""The course of the beat, on one level: from times to positions in beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.paths import beat_course
from mp3tomidi.transcribe.rhythm.patterns import events_of


@dataclass(frozen=True, slots=True)
class Course:
    """How many beats have passed by each of some times, never falling; see `paths`."""

    known_s: NDArray[np.float64]
    known: NDArray[np.float64]

    @property
    def beat_count(self) -> int:
        """Of those inside, the first and last included."""
        return max(0, int(np.floor(self.known[-1]) - np.ceil(self.known[0])) + 1)

    @property
    def beat_s(self) -> float:
        """The median length of a beat."""
        return float(np.median(np.diff(self.time_s(np.arange(np.ceil(self.known[0]), np.floor(self.known[-1]) + 1)))))

    def position(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.interp(time_s, self.known_s, self.known))

    def time_s(self, position: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.interp(position, self.known, self.known_s))


def course_of(notes: Sequence[Note], drum_hits: Sequence[DrumHit], duration_s: float) -> Course:
    """The course of the beat in a recording of more than a few onsets."""
    return Course(*beat_course(events_of(notes, drum_hits), duration_s))


def steady_course(beat_s: float, duration_s: float) -> Course:
    """The course of a recording whose beats are all as long; one of them is at 0 s."""
    return Course(np.array([0.0, duration_s]), np.array([0.0, duration_s / beat_s]))
