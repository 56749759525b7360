"""Probe labels, which go through an effect with a file's own and show where it moved each moment.

A score holds more than rows of notes: tempo, lyrics, chords. They move as the sound did, by one speed and one
transposition, and these two are what the probes tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mp3tomidi.augment.labels import INSTANT, NOTE, Labels

_START, _SECOND = -1, -2  # numbers of the instants at 0 and 1 s
_NOTE = -1  # row of the note
_PITCH = 60
_LONG_S = 1e9  # so that nothing in the sound covers it


@dataclass(frozen=True)
class Done:
    speed: float
    semitones: int
    labels: Labels  # without the probes


def with_probes(labels: Labels) -> Labels:
    note = np.zeros(1, NOTE)
    note["offset_s"], note["pitch"], note["program"] = _LONG_S, _PITCH, _NOTE
    instants = np.zeros(2, INSTANT)
    instants["time_s"], instants["number"] = [0.0, 1.0], [_START, _SECOND]
    return Labels(np.concatenate([labels.notes, note]), labels.drum_hits, np.concatenate([labels.instants, instants]))


def read_probes(moved: Labels) -> Done:
    notes, instants = moved.notes, moved.instants
    start_s, second_s = (float(instants["time_s"][instants["number"] == number][0]) for number in (_START, _SECOND))
    semitones = int(notes["pitch"][notes["program"] == _NOTE][0]) - _PITCH
    rest = Labels(notes[notes["program"] != _NOTE], moved.drum_hits, instants[instants["number"] >= 0])
    return Done(1.0 / (second_s - start_s), semitones, rest)
