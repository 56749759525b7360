"""Evidence for beats and bars in notes and drum hits: strengths of each kind at each onset.

A kick, a snare, a cymbal each have their own place in a bar; basses, changes of the bass, chords, changes of harmony,
long notes and accents are likelier on strong beats than what is short, soft or goes on as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note

KINDS = (
    "kick",
    "snare",
    "cymbal",
    "crash",
    "other drum",
    "bass",
    "bass change",
    "chord",
    "harmony change",
    "long note",
    "short note",
    "accent",
)
_INDEX = {kind: number for number, kind in enumerate(KINDS)}
_KIND_OF_KEY = (
    dict.fromkeys((35, 36), "kick")
    | dict.fromkeys((37, 38, 39, 40), "snare")
    | dict.fromkeys((42, 44, 46, 51, 53, 59), "cymbal")
    | dict.fromkeys((49, 52, 55, 57), "crash")
)
TOGETHER_S = 0.035
BASS_BELOW = 53  # a bass note is the lowest of those that begin together, and below this pitch
CHORD_NOTES = 3
LONG_S = 0.45  # a note that is the longest for about so long
HARMONY_REACH_S = 1.0  # what sounds for so long before and after an onset is compared
HARMONY_STEP_S = 0.05
ACCENT_REACH = 12  # onsets to either side whose mean velocity an accent stands out of


@dataclass(frozen=True, slots=True)
class Evidence:
    """Onsets in order of time [onset], those of notes struck together being one."""

    time_s: NDArray[np.float64]
    strength: NDArray[np.float64]  # [onset, kind]
    pitch_classes: NDArray[np.float64]  # [onset, 12]: how many notes of each begin


def evidence_of(notes: Sequence[Note], drum_hits: Sequence[DrumHit]) -> Evidence:
    """The evidence in notes and hits, each sorted by onset."""
    parts = [part for part in (_of_notes(notes), _of_hits(drum_hits)) if part is not None]
    if not parts:
        return Evidence(np.zeros(0), np.zeros((0, len(KINDS))), np.zeros((0, 12)))
    time_s = np.concatenate([part.time_s for part in parts])
    order = np.argsort(time_s, kind="stable")
    return Evidence(
        time_s[order],
        np.concatenate([part.strength for part in parts])[order],
        np.concatenate([part.pitch_classes for part in parts])[order],
    )


def _of_hits(drum_hits: Sequence[DrumHit]) -> Evidence | None:
    if not drum_hits:
        return None
    kind = [_INDEX[_KIND_OF_KEY.get(hit.key, "other drum")] for hit in drum_hits]
    strength = np.zeros((len(kind), len(KINDS)))
    strength[np.arange(len(kind)), kind] = 1.0
    velocity = np.array([hit.velocity for hit in drum_hits], np.float64)
    strength[:, _INDEX["accent"]] = 0.3 * _accents(velocity)
    return Evidence(np.array([hit.onset_s for hit in drum_hits]), strength, np.zeros((len(kind), 12)))


def _of_notes(notes: Sequence[Note]) -> Evidence | None:
    if not notes:
        return None
    table = np.array([(note.onset_s, note.offset_s, note.pitch, note.velocity) for note in notes])
    onset_s, offset_s, pitch, velocity = table.T
    # A group ends where the next onset is further away than notes struck together are.
    group = np.concatenate([[0], np.cumsum(np.diff(onset_s) > TOGETHER_S)])
    first = np.flatnonzero(np.diff(group, prepend=-1))
    count = np.diff(np.append(first, len(notes)))
    time_s = np.add.reduceat(onset_s, first) / count
    lowest = np.minimum.reduceat(pitch, first)
    length_s = np.maximum.reduceat(offset_s - onset_s, first)
    gap_s = np.diff(time_s, append=time_s[-1] + 1.0)
    strength = np.zeros((len(first), len(KINDS)))
    is_bass = lowest < BASS_BELOW
    strength[:, _INDEX["bass"]] = is_bass
    basses = np.flatnonzero(is_bass)
    changed = np.diff(lowest[basses] % 12, prepend=-1) != 0
    strength[basses[changed], _INDEX["bass change"]] = 1.0
    strength[:, _INDEX["chord"]] = np.sqrt(count) * (count >= CHORD_NOTES)
    longest_s = np.minimum(length_s, 4 * gap_s)
    strength[:, _INDEX["long note"]] = np.clip(longest_s / LONG_S, 0.0, 3.0) * (longest_s > LONG_S)
    strength[:, _INDEX["short note"]] = longest_s <= LONG_S
    strength[:, _INDEX["accent"]] = _accents(np.maximum.reduceat(velocity, first))
    strength[:, _INDEX["harmony change"]] = _harmony_changes(time_s, onset_s, offset_s, pitch)
    classes = np.zeros((len(first), 12))
    np.add.at(classes, (group, pitch.astype(np.intp) % 12), 1.0)
    return Evidence(time_s, strength, classes)


def _accents(velocity: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much each is louder than those around it, in tens of velocity."""
    total = np.concatenate([[0.0], np.cumsum(velocity)])
    at = np.arange(len(velocity))
    first, last = np.maximum(at - ACCENT_REACH, 0), np.minimum(at + ACCENT_REACH + 1, len(velocity))
    return np.asarray(np.clip((velocity - (total[last] - total[first]) / (last - first)) / 10.0, 0.0, 3.0))


def _harmony_changes(
    time_s: NDArray[np.float64],
    onset_s: NDArray[np.float64],
    offset_s: NDArray[np.float64],
    pitch: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How different the pitch classes after each time are from those before it, 0 to 1; squared, so that few count."""
    frames = int(onset_s[-1] / HARMONY_STEP_S) + 2 + round(HARMONY_REACH_S / HARMONY_STEP_S)
    reach = round(HARMONY_REACH_S / HARMONY_STEP_S)
    begin = np.rint(onset_s / HARMONY_STEP_S).astype(np.intp)
    end = np.rint(np.minimum(offset_s, onset_s + HARMONY_REACH_S) / HARMONY_STEP_S).astype(np.intp)
    sounding = np.zeros((frames + 1, 12))
    np.add.at(sounding, (begin, pitch.astype(np.intp) % 12), 1.0)
    np.add.at(sounding, (np.clip(end, begin + 1, frames), pitch.astype(np.intp) % 12), -1.0)
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(np.cumsum(sounding, axis=0), axis=0)])
    at = np.rint(time_s / HARMONY_STEP_S).astype(np.intp)
    after = total[np.minimum(at + reach, frames)] - total[at]
    before = total[at] - total[np.maximum(at - reach, 0)]
    product = (after * before).sum(axis=1)
    size = np.sqrt((after**2).sum(axis=1) * (before**2).sum(axis=1))
    alike = np.divide(product, size, out=np.ones_like(size), where=size > 0)
    return np.asarray(np.square(1.0 - alike))
