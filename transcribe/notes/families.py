"""Assigns an instrument family to each note, decided over the whole recording so that nothing flickers.

FamilyNet says how likely each family plays a note, by the sound around its onset and by the notes nearby. What is
likeliest is then weighed against the neighbours and against what sounds alike in this recording, and a family that
hardly any note is left to is merged into others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.instruments import FAMILIES, KINDS, PIANO_LOWEST_PITCH, PROGRAM_OF_FAMILY, SOLO_VOICE
from mp3tomidi.transcribe.networks.registry import FAMILY_NET
from mp3tomidi.transcribe.notes.timbre_groups import follow_timbre

PASSAGE_NOTES = 128  # that look at each other; every note is in two passages
# Of the log probability: bands of the mixes that teach have a bass more often than low notes are played by one. On the
# validation sets .4 to 1.2 give the same within .01 of onset F1 with the right instrument, none gives .01 to .05 less.
BASS_CAUTION = 0.8
SHORTEST_S, LONGEST_S = 0.03, 8.0  # of a note's length, as the network gets it
NEARBY_S, NEARBY_SEMITONES = 4.0, 3.0  # at these distances a neighbour counts 1/e
LEAST_SHARE = 0.03  # of the notes; a family of fewer is merged
# A family plays all notes if that makes each less likely by less than ALONE_LOSS (in nats: at most .39 for 15 of the 16
# pianos of the validation sets, .55 and more for their bands), or if it has ALONE_SHARE of them and the others lie
# scattered: no second family has SECOND_SHARE, as an instrument beside it would.
ALONE_LOSS = 0.5
ALONE_SHARE = 0.72
SECOND_SHARE = 0.15
MOST_FAMILIES = 6
# Where one family plays alone, and the mean log probability of another is less than this below its own, a second
# network is asked, and counts as much: 48 of 56 solos of recorded samples are named right so, 45 without, and 65 of 88
# solos of two soundfonts, 59 without. It is asked of 3 of the 58 recordings with notes of the validation sets.
SOLO_DOUBT = 1.5
# Of the time in which a voice's notes sound: of a solo singer's, alone or over a band, two sound at once in less. What
# is left of it there are offsets that are detected late, and notes that are none.
MOST_AT_ONCE = 0.1
_NOTES_AT_ONCE = 512  # bounds the memory of long recordings
_FURTHEST_S = 4 * NEARBY_S


class FamilyReader:
    """The FamilyNet of a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path) -> None:
        self._network = Session(folder, FAMILY_NET.name)
        if self._network.output_count != len(FAMILY_NET.outputs):
            path = folder / f"{FAMILY_NET.name}.onnx"
            raise WeightsError(f"{path}: of an earlier version; teach it again with `mp3tomidi-train families`")

    def log_probabilities(self, notes: Sequence[Note], activations: Activations) -> NDArray[np.float64]:
        """Log probabilities that each family plays each note [notes, FAMILIES]."""
        return self._read(notes, _timbre(notes, activations))[0]

    def _read(
        self, notes: Sequence[Note], timbre: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log probabilities of the families [notes, FAMILIES], and logits of the kinds [notes, KINDS]."""
        onset_s, pitch = _onset_s_and_pitch(notes)
        place = place_of(onset_s, [note.offset_s for note in notes], pitch)
        by_time = np.argsort(onset_s, kind="stable")
        total, kinds = np.zeros((len(notes), len(FAMILIES))), np.zeros((len(notes), len(KINDS)))
        for first in range(0, max(1, len(notes) - PASSAGE_NOTES // 2), PASSAGE_NOTES // 2):
            passage = by_time[first : first + PASSAGE_NOTES]
            probability, of_kinds = self._network.outputs(timbre[passage], place[passage])
            total[passage] += np.log(probability + 1e-6)
            kinds[passage] += of_kinds
        total[:, FAMILIES.index("bass")] -= BASS_CAUTION
        return np.asarray(total - np.logaddexp.reduce(total, axis=1, keepdims=True)), kinds

    def with_families(
        self,
        notes: Sequence[Note],
        activations: Activations,
        allowed: Collection[str] = FAMILIES,
        second_opinion: Callable[[], NDArray[np.float64]] | None = None,
    ) -> list[Note]:
        """The notes with the programs of the families that play them, from those `allowed`, one at least.

        second_opinion: what another network gives as the log probabilities of the families [FAMILIES] of the whole
        recording; asked where one family plays alone and FamilyNet is in doubt of it.
        """
        if not notes:
            return []
        timbre = _timbre(notes, activations)
        likely, kinds = self._read(notes, timbre)
        _, pitch = _onset_s_and_pitch(notes)
        likely = follow_timbre(likely, decide(likely, notes, allowed), timbre, pitch)
        chosen = decide(likely, notes, allowed)
        if second_opinion is not None and (chosen == chosen[0]).all():
            chosen[:] = alone(likely.mean(axis=0), int(chosen[0]), allowed, second_opinion)
        program = {family: program_of(FAMILIES[family], kinds[chosen == family]) for family in np.unique(chosen)}
        voice = FAMILIES.index("voice")
        if voice in program and is_solo([note for note, family in zip(notes, chosen, strict=True) if family == voice]):
            program[voice] = SOLO_VOICE
        return [replace(note, program=program[family]) for note, family in zip(notes, chosen, strict=True)]


def _onset_s_and_pitch(notes: Sequence[Note]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    return np.array([note.onset_s for note in notes], float), np.array([note.pitch for note in notes], np.intp)


def _timbre(notes: Sequence[Note], activations: Activations) -> NDArray[np.float32]:
    onset_s, pitch = _onset_s_and_pitch(notes)
    return activations.timbres.at(onset_s / activations.hop_s, pitch - PIANO_LOWEST_PITCH)


def place_of(onset_s: ArrayLike, offset_s: ArrayLike, pitch: ArrayLike) -> NDArray[np.float32]:
    """FamilyNet's inputs beside the timbre [notes, 3]: onset in s, MIDI pitch, logarithm of the length in s."""
    length_s = np.clip(np.subtract(offset_s, onset_s), SHORTEST_S, LONGEST_S)
    return np.stack([onset_s, pitch, np.log(length_s)], axis=1).astype(np.float32)


def program_of(family: str, kinds: NDArray[np.float64]) -> int:
    """The program of the kind of a family that plays in a recording, from the logits of its notes there [notes, KINDS].

    It is one kind for all of them: what is clean here and distorted there is the same guitar to FamilyNet.
    """
    own = [index for index, kind in enumerate(KINDS) if kind.family == family]
    if not own or not len(kinds):
        return PROGRAM_OF_FAMILY[family]
    log_probability = kinds[:, own] - np.logaddexp.reduce(kinds[:, own], axis=1, keepdims=True)
    return KINDS[own[int(log_probability.mean(axis=0).argmax())]].program


def alone(
    likely: NDArray[np.float64],
    chosen: int,
    allowed: Collection[str],
    second_opinion: Callable[[], NDArray[np.float64]],
) -> int:
    """The family that plays alone, an index into FAMILIES, from the mean log probabilities of its notes [FAMILIES]."""
    open_to = np.array([0.0 if family in allowed else -np.inf for family in FAMILIES])
    second, first = np.sort(likely + open_to)[-2:]
    if first - second >= SOLO_DOUBT:
        return chosen
    return int((likely + second_opinion() + open_to).argmax())


def is_solo(notes: Sequence[Note]) -> bool:
    """Whether notes of a voice are one singer's: hardly ever do two of them sound at once."""
    sounding_s = at_once_s = ended_s = 0.0
    for note in sorted(notes):
        at_once_s += max(0.0, min(ended_s, note.offset_s) - note.onset_s)
        sounding_s += max(0.0, note.offset_s - max(ended_s, note.onset_s))
        ended_s = max(ended_s, note.offset_s)
    return at_once_s <= MOST_AT_ONCE * sounding_s


def decide(likely: NDArray[np.float64], notes: Sequence[Note], allowed: Collection[str] = FAMILIES) -> NDArray[np.intp]:
    """The family of each note, an index into FAMILIES [notes], from log probabilities [notes, FAMILIES]."""
    open_to = np.array([family in allowed for family in FAMILIES])
    weighed = likely + _of_neighbours(likely, notes)
    while True:
        still_open = np.where(open_to, weighed, -np.inf)
        chosen = still_open.argmax(axis=1)
        share = np.bincount(chosen, minlength=len(FAMILIES)) / len(chosen)
        present = np.flatnonzero(share)
        if _plays_alone(still_open, share):
            return np.full(len(chosen), share.argmax(), np.intp)
        rarest = present[share[present].argmin()]
        if share[rarest] >= LEAST_SHARE and len(present) <= MOST_FAMILIES:
            return np.asarray(chosen, np.intp)
        open_to[rarest] = False


def _plays_alone(weighed: NDArray[np.float64], share: NDArray[np.float64]) -> bool:
    """Whether the family of most notes plays all of them, by log probabilities [notes, family] and shares [family]."""
    second, first = np.argsort(share)[-2:]
    loss = float((weighed.max(axis=1) - weighed[:, first]).mean())
    return loss < ALONE_LOSS or bool(share[first] >= ALONE_SHARE and share[second] < SECOND_SHARE)


def _of_neighbours(likely: NDArray[np.float64], notes: Sequence[Note]) -> NDArray[np.float64]:
    """The mean of the other notes' log probabilities, by how near they are in time and pitch [notes, FAMILIES].

    A note without neighbours has zeros, which decide nothing.
    """
    onset_s, pitch = _onset_s_and_pitch(notes)
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
