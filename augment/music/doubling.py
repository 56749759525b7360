"""Doubled lines: one instrument plays what another plays, and what a listener writes down of both.

All functions take and return notes of dtype NOTE and change no argument.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.music.arranging import fold, single_line, tidy
from mp3tomidi.transcribe.instruments import PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH

SPREAD_S = 0.025  # two players are apart by up to this
UNISON_S = 0.03  # onsets of one pitch that are nearer than this sound as one
_OCTAVES = (0, 1, -1)
_OCTAVE_SHARES = np.array([0.55, 0.25, 0.2])
_MONOPHONIC = ("bass", "winds", "voice")


def double(
    rng: np.random.Generator, notes: NDArray[np.void], family: str, lowest: int, highest: int, duration_s: float
) -> NDArray[np.void]:
    """The same notes for another instrument: in unison or an octave away, as its range allows, a little later.

    What still lies outside the range is moved by octaves; families of single lines play the top (basses the
    bottom) of chords.
    """
    if not len(notes):
        return notes
    lowest, highest = max(lowest, PIANO_LOWEST_PITCH), min(highest, PIANO_HIGHEST_PITCH)
    if family in _MONOPHONIC:
        notes = single_line(notes, lowest_notes=family == "bass")
    pitch = notes["pitch"].astype(np.int64)
    moved = pitch[None] + 12 * np.array(_OCTAVES)[:, None]
    inside = ((moved >= lowest) & (moved <= highest)).mean(axis=1)
    shares = _OCTAVE_SHARES * (inside + 1e-3) ** 2
    doubled = notes.copy()
    doubled["pitch"] = fold(moved[int(rng.choice(len(_OCTAVES), p=shares / shares.sum()))], lowest, highest)
    late_s = rng.uniform(0.0, rng.uniform(0.0, SPREAD_S), len(notes))
    doubled["onset_s"] += late_s
    doubled["offset_s"] += late_s
    return tidy(doubled, lowest, highest, duration_s)


def merge_unisons(notes: NDArray[np.void]) -> NDArray[np.void]:
    """The notes of one clip as they sound together, whoever plays them, sorted by pitch and onset.

    Onsets of one pitch within 30 ms are one note: from the first onset to the last end, as loud as the louder.
    A later one strikes the note anew, which then sounds until the last of them ends.
    """
    merged = notes[np.lexsort((notes["onset_s"], notes["pitch"]))]
    keep = np.ones(len(merged), np.bool_)
    last = 0
    for i in range(1, len(merged)):
        before, note = merged[last], merged[i]
        if note["pitch"] != before["pitch"] or note["onset_s"] >= before["offset_s"]:
            last = i
        elif note["onset_s"] - before["onset_s"] < UNISON_S:
            before["offset_s"] = max(before["offset_s"], note["offset_s"])
            before["velocity"] = max(before["velocity"], note["velocity"])
            keep[i] = False
        else:
            note["offset_s"] = max(before["offset_s"], note["offset_s"])
            before["offset_s"] = note["onset_s"]
            last = i
    return merged[keep]
