"""Notes and the channels that bend them: pitch bend is for a channel, so what bends must have it to itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from mp3tomidi.transcribe.events import Note

# A line that is sung or blown on has notes that overlap by this much where they meet; they are cut.
LONGEST_OVERLAP_S, LARGEST_OVERLAP = 0.12, 0.4  # the latter in parts of the shorter of the two


def one_at_a_time(notes: Sequence[Note]) -> list[Note]:
    """The notes for one channel, by onset: those that sound together with others lose their bends."""
    ordered = _legato(sorted(notes))
    alone = [True] * len(ordered)
    last = 0  # of the notes so far that which ends last
    for index in range(1, len(ordered)):
        if ordered[index].onset_s < ordered[last].offset_s:
            alone[index] = alone[last] = False
        if ordered[index].offset_s >= ordered[last].offset_s:
            last = index
    return [note if alone_there else replace(note, bend=()) for note, alone_there in zip(ordered, alone, strict=True)]


def _legato(notes: Sequence[Note]) -> list[Note]:
    """Notes by onset, of which each ends where the next one begins, if they hardly overlap and one of them bends."""
    result = list(notes)
    for index, (note, after) in enumerate(pairwise(notes)):
        overlap_s = note.offset_s - after.onset_s
        shorter_s = min(note.offset_s - note.onset_s, after.offset_s - after.onset_s)
        hardly = 0.0 < overlap_s <= min(LONGEST_OVERLAP_S, LARGEST_OVERLAP * shorter_s)
        if hardly and (note.bend or after.bend):
            result[index] = replace(note, offset_s=after.onset_s)
    return result


def spread(notes: Sequence[Note], channels: Sequence[int]) -> list[tuple[Note, int]]:
    """Each note, by onset, with a channel that it has to itself: that which has been silent for the longest time.

    Where all are taken, the note that would end first is cut.
    """
    placed: list[tuple[Note, int]] = []
    latest = dict.fromkeys(channels, -1)  # which of `placed` was the last on each
    for note in sorted(notes):
        channel = min(channels, key=lambda one: placed[latest[one]][0].offset_s if latest[one] >= 0 else -1.0)
        before = latest[channel]
        if before >= 0 and placed[before][0].offset_s > note.onset_s:
            cut = placed[before][0]
            if cut.onset_s < note.onset_s:
                placed[before] = replace(cut, offset_s=note.onset_s), channel
        latest[channel] = len(placed)
        placed.append((note, channel))
    return placed
