"""Thresholds of note decoding: probability, length, pitch range, and the activations that end a note."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.instruments import PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH

LEAST_CONFIDENCE = 0.165  # of a note without a threshold, calibrated: .25 by the judge's own word
SHORTEST_VOICE_NOTE_S = 0.085  # of a solo voice: what is shorter on its path over keys is a glide or a waver


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of note decoding; the defaults are one setting for every kind of recording.

    Parameters
    ----------
    onset
        Least probability of a note. Default: chosen for each minute of a recording, see `inference.choice`. A solo
        voice is decoded as one line (`single_line`) only without it.
    frame
        A note sounds on while its frame activation is at least this. Not for the line of a solo voice.
    offset
        Height from which on a peak of the offset activation can move a note's end to it. Not for that line either.
    min_length_s
        Shorter notes are left out; those of a solo voice also below SHORTEST_VOICE_NOTE_S.
    min_pitch, max_pitch
        Lower and higher notes (MIDI numbers) are left out.

    Raises
    ------
    ValueError
        Where no note could be left.
    """

    onset: float | None = None
    frame: float = 0.35  # .3 and .4 give the same ends within .01 F1
    offset: float = 0.3
    min_length_s: float = 0.03
    min_pitch: int = PIANO_LOWEST_PITCH
    max_pitch: int = PIANO_HIGHEST_PITCH

    def __post_init__(self) -> None:
        if not 0 <= self.min_length_s < math.inf:
            raise ValueError(f"a shortest note of {self.min_length_s} s: give a time from 0 on")
        if self.min_pitch > self.max_pitch:
            raise ValueError(f"the lowest pitch, {self.min_pitch}, is above the highest, {self.max_pitch}")
        if self.min_pitch > PIANO_HIGHEST_PITCH or self.max_pitch < PIANO_LOWEST_PITCH:
            keys = f"{PIANO_LOWEST_PITCH} to {PIANO_HIGHEST_PITCH}, the keys of a piano"
            raise ValueError(f"pitches {self.min_pitch} to {self.max_pitch}: only {keys}, are looked for")

    def without_limits(self) -> Thresholds:
        """The same, but with notes of every pitch, and those that are as short as they are by default."""
        usual = Thresholds()
        shortest_s = min(self.min_length_s, usual.min_length_s)
        return replace(self, min_length_s=shortest_s, min_pitch=usual.min_pitch, max_pitch=usual.max_pitch)

    def admit(self, note: Note) -> bool:
        """Whether a note is likely, long, high and low enough."""
        return (
            note.confidence >= (LEAST_CONFIDENCE if self.onset is None else self.onset)
            and note.offset_s - note.onset_s >= self.min_length_s
            and self.min_pitch <= note.pitch <= self.max_pitch
        )
