"""Which family of instruments plays each note, decided over the whole recording so that nothing flickers.

NoteNet's rolls say where each family sounds. Of a note they are read while it lasts; what it is alone most likely to be
is then weighed against the notes nearby, and a family that hardly any note is left to is merged into the others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import FAMILY_BLOCK_FRAMES, Activations
from mp3tomidi.transcribe.instruments import FAMILIES, PIANO_LOWEST_PITCH, PROGRAM_OF_FAMILY

LONGEST_READ_S = 1.0  # of a note, from its onset
LEAST_ROLL = 0.005  # a roll never rules a family out
# How often each family sounded in what taught the network, in the order of FAMILIES: a family that it seldom heard is
# not for that reason rare in a recording.
TAUGHT_SHARES = (0.26, 0.09, 0.14, 0.08, 0.10, 0.18, 0.10, 0.05)
NEARBY_S, NEARBY_SEMITONES = 4.0, 3.0  # at these distances a neighbour counts 1/e
LEAST_SHARE = 0.03  # of the notes; a family of fewer is merged
ALONE_SHARE = 0.85  # of the notes; a family of more plays them all
MOST_FAMILIES = 6
_NOTES_AT_ONCE = 512  # bounds the memory of long recordings
_FURTHEST_S = 4 * NEARBY_S


def with_families(notes: Sequence[Note], activations: Activations, allowed: Collection[str] = FAMILIES) -> list[Note]:
    """The notes with the programs of the families that play them; as they are if the network does not tell families.

    `allowed` are the families to choose from, one at least.
    """
    if activations.families is None or not notes:
        return list(notes)
    likely = log_probabilities(notes, activations)
    families = decide(likely, notes, allowed)
    return [
        replace(note, program=PROGRAM_OF_FAMILY[FAMILIES[family]]) for note, family in zip(notes, families, strict=True)
    ]


def log_probabilities(notes: Sequence[Note], activations: Activations) -> NDArray[np.float64]:
    """How likely each family plays each note, by its own sound alone: log probabilities [notes, FAMILIES]."""
    assert activations.families is not None
    rolls, block_s = activations.families, activations.hop_s * FAMILY_BLOCK_FRAMES
    longest = round(LONGEST_READ_S / block_s)
    read = np.empty((len(notes), len(FAMILIES)))
    for index, note in enumerate(notes):
        first = min(round(note.onset_s / block_s), rolls.shape[1] - 1)
        last = max(first + 1, min(round(note.offset_s / block_s), first + longest))
        read[index] = rolls[:, first:last, note.pitch - PIANO_LOWEST_PITCH].mean(axis=1, dtype=np.float32)
    weighed = np.log(read + LEAST_ROLL) - np.log(TAUGHT_SHARES)
    return np.asarray(weighed - np.logaddexp.reduce(weighed, axis=1, keepdims=True))


def decide(likely: NDArray[np.float64], notes: Sequence[Note], allowed: Collection[str] = FAMILIES) -> NDArray[np.intp]:
    """The family of each note, an index into FAMILIES [notes], from log probabilities [notes, FAMILIES]."""
    open_to = np.array([family in allowed for family in FAMILIES])
    weighed = likely + _of_neighbours(likely, notes)
    while True:
        chosen = np.where(open_to, weighed, -np.inf).argmax(axis=1)
        share = np.bincount(chosen, minlength=len(FAMILIES)) / len(chosen)
        present = np.flatnonzero(share)
        rarest = present[share[present].argmin()]
        flickers = share[rarest] < LEAST_SHARE or share.max() >= ALONE_SHARE or len(present) > MOST_FAMILIES
        if len(present) == 1 or not flickers:
            return np.asarray(chosen, np.intp)
        open_to[rarest] = False


def _of_neighbours(likely: NDArray[np.float64], notes: Sequence[Note]) -> NDArray[np.float64]:
    """The mean of the other notes' log probabilities, by how near they are in time and pitch [notes, FAMILIES].

    A note without neighbours has zeros, which decide nothing.
    """
    onset_s, pitch = (np.array([getattr(note, name) for note in notes], float) for name in ("onset_s", "pitch"))
    order = np.argsort(onset_s, kind="stable")
    onset_s, pitch, likely = onset_s[order], pitch[order], likely[order]
    result = np.empty_like(likely)
    for start in range(0, len(notes), _NOTES_AT_ONCE):
        part = slice(start, start + _NOTES_AT_ONCE)
        near = slice(*np.searchsorted(onset_s, [onset_s[part][0] - _FURTHEST_S, onset_s[part][-1] + _FURTHEST_S]))
        time_apart, pitch_apart = (np.abs(values[part, None] - values[near]) for values in (onset_s, pitch))
        weight = np.exp(-time_apart / NEARBY_S - pitch_apart / NEARBY_SEMITONES) * (time_apart <= _FURTHEST_S)
        weight[np.arange(part.start, min(part.stop, len(notes)))[:, None] == np.arange(near.start, near.stop)] = 0.0
        total = weight.sum(axis=1, keepdims=True)
        result[order[part]] = weight @ likely[near] / np.maximum(total, 1.0)
    return result
