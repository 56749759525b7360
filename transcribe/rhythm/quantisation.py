"""Puts notes on a beat grid so that people can read them: sixteenths or triplets, two hands, few voices.

Score time is counted in ticks, TICKS_PER_QUARTER to a quarter, from the first quarter. Bar lines are not known here.
Swung eighths are written as even ones, as all who play them expect.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note

TICKS_PER_QUARTER = 12  # the fewest that hold sixteenths (3) and eighth triplets (4)
SIXTEENTH, TRIPLET, EIGHTH = 3, 4, 6
MIDDLE_C = 60
UPPER, LOWER = 1, 2  # staves
VOICES_PER_STAFF = 2  # more are hard to read: a note that needs a third is cut where it would

# A player's and our own deviation from the grid is about this, in quarters.
_DEVIATION_BEATS = 0.04
# How common triplets are: begun with, and learned from the piece within limits (swing has them in nearly every beat).
_TRIPLET_SHARE, _RAREST_TRIPLETS, _COMMONEST_TRIPLETS = 0.1, 0.02, 0.9
_INFORMATIVE = 0.5  # log odds: beats that say less, most with nothing but an onset on the beat, teach nothing of it
# An end this near the next onset is meant to be there: hands lift early and strings ring on.
_EARLY_BEATS, _EARLY_SHARE, _EARLIEST_BEATS, _LATE_BEATS = 0.3, 0.4, 0.75, 0.3
# Before a rest, one this near a beat is meant to be on it: nobody writes a dotted eighth and a rest of a sixteenth.
_EARLY_FOR_BEAT, _LATE_FOR_BEAT = 0.35, 0.15
_CHORD_SHARE = 0.3  # notes struck together whose lengths differ by less are released together
_SWUNG_TICKS = frozenset((0, 2 * TRIPLET, 3 * SIXTEENTH))  # where swung eighths are put, a hard swing's at the last
_SWING = 2 / 3  # the first of two swung eighths, as a share of the quarter


@dataclass(frozen=True, slots=True, order=True)
class ScoreNote:
    """A note as it is written: times in ticks, staff 1 (upper) or 2, voice 1 or 2 of that staff."""

    onset: int
    duration: int
    pitch: int
    staff: int = UPPER
    voice: int = 1


@dataclass(frozen=True, slots=True)
class WrittenNotes:
    """Notes on the grid, by onset, and which quarters are divided in three."""

    notes: tuple[ScoreNote, ...]
    triplet_beats: frozenset[int]


def quantise(
    notes: Iterable[Note],
    beats_s: Sequence[float],
    *,
    two_staves: bool = True,
    triplets: bool = True,
    swung: bool = False,
    beat_ticks: int = TICKS_PER_QUARTER,
) -> WrittenNotes:
    """Notes as they would be written.

    beats_s: when the quarters fall, rising, at least two; the first is at tick 0. Before and after them they go on as
        fast as there (see also `begun_earlier`).
    two_staves: split at middle C.
    triplets: whether a quarter may be divided in three, which bars of 7/8, which cut quarters, and of 6/8 do not allow.
    swung: two eighths of which the first is about twice as long are written as two even ones.
    beat_ticks: a beat's length, where that is not a quarter, for the ends of long notes.

    Within a voice notes that begin together also end together, and none overlaps the next. Raises ValueError for
    beats that do not rise.
    """
    performed = sorted(notes)
    if len(beats_s) < 2 or any(later <= earlier for earlier, later in pairwise(beats_s)):
        raise ValueError("beats_s must hold at least two times, each later than the one before")
    if not performed:
        return WrittenNotes((), frozenset())
    onsets = positions(np.array([note.onset_s for note in performed]), beats_s)
    offsets = positions(np.array([note.offset_s for note in performed]), beats_s)
    triplet_beats = _triplet_beats(onsets) if triplets else frozenset()
    if swung and triplets:
        divided = _not_swung(onsets, triplet_beats)
        triplet_beats &= divided
        onsets, offsets = _evened(onsets, divided), _evened(offsets, divided)
    grid = _Grid(triplet_beats, beat_ticks)
    by_staff: defaultdict[int, dict[tuple[int, int], float]] = defaultdict(dict)
    for note, onset, offset in zip(performed, onsets, offsets, strict=True):
        staff = UPPER if not two_staves or note.pitch >= MIDDLE_C else LOWER
        tick = grid.nearest(onset)
        struck = by_staff[staff]
        struck[tick, note.pitch] = max(offset, struck.get((tick, note.pitch), offset))
    written = [note for staff, struck in by_staff.items() for note in _write_staff(staff, struck, grid)]
    return WrittenNotes(tuple(sorted(written)), triplet_beats)


def begun_earlier(beats_s: Sequence[float], earliest_s: float, beats_per_bar: int) -> list[float]:
    """Beats with as many whole bars in front that what begins at `earliest_s` lies in one of them."""
    beats = list(beats_s)
    step_s = beats[1] - beats[0]
    sixteenth_s = step_s * SIXTEENTH / TICKS_PER_QUARTER
    while earliest_s < beats[0] - 0.5 * sixteenth_s:
        beats = [beats[0] - step_s * beat for beat in range(beats_per_bar, 0, -1)] + beats
    return beats


def positions(times_s: NDArray[np.float64], beats_s: Sequence[float]) -> NDArray[np.float64]:
    """Times as beats from the first one, also outside of them."""
    beats = np.asarray(beats_s, np.float64)
    inside = np.interp(times_s, beats, np.arange(len(beats)))
    before = np.minimum(times_s - beats[0], 0.0) / (beats[1] - beats[0])
    after = np.maximum(times_s - beats[-1], 0.0) / (beats[-1] - beats[-2])
    return np.asarray(inside + before + after, np.float64)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Sixteenths, and triplets in some quarters; beat: the length of a beat in ticks."""

    triplet_beats: frozenset[int]
    beat: int

    def nearest(self, position: float) -> int:
        """The nearest tick of the grid in the quarter that a position, in quarters, lies in."""
        quarter = int(position // 1)
        step = self.step(quarter)
        return quarter * TICKS_PER_QUARTER + step * round((position - quarter) * TICKS_PER_QUARTER / step)

    def step(self, quarter: int) -> int:
        return TRIPLET if quarter in self.triplet_beats else SIXTEENTH


def _triplet_beats(onsets: NDArray[np.float64]) -> frozenset[int]:
    # What is closer to the next beat than to any division of this one says nothing of this one.
    beat = np.floor(onsets + 0.5 / TICKS_PER_QUARTER).astype(int)
    within = onsets - beat
    beat, within = np.where(within > 0.875, beat + 1, beat), np.where(within > 0.875, within - 1.0, within)
    squares = [np.square(within - np.round(within * parts) / parts) for parts in (4, 3)]
    gain = (squares[0] - squares[1]) / (2.0 * _DEVIATION_BEATS**2)
    # A chord is one decision of its player, so its onsets count as one.
    gains: defaultdict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for b, w, g in zip(beat.tolist(), within.tolist(), gain.tolist(), strict=True):
        gains[b][round(w * TICKS_PER_QUARTER)].append(g)
    beats = np.array(list(gains))
    log_odds = np.array([sum(sum(chord) / len(chord) for chord in chords.values()) for chords in gains.values()])
    chosen = log_odds + _prior_log_odds(log_odds[np.abs(log_odds) > _INFORMATIVE]) > 0.0
    return frozenset(beats[chosen].tolist())


def _prior_log_odds(log_odds: NDArray[np.float64]) -> float:
    """Of a beat to hold triplets, before it is looked at: the share that these beats themselves suggest (by EM)."""
    share = _TRIPLET_SHARE
    for _ in range(10):
        prior = float(np.log(share / (1.0 - share)))
        if len(log_odds):
            mean = float(np.mean(1.0 / (1.0 + np.exp(-np.clip(log_odds + prior, -50.0, 50.0)))))
            share = min(max(mean, _RAREST_TRIPLETS), _COMMONEST_TRIPLETS)
    return float(np.log(share / (1.0 - share)))


def _not_swung(onsets: NDArray[np.float64], triplet_beats: frozenset[int]) -> frozenset[int]:
    """The quarters of swung music that are divided otherwise than into two swung eighths."""
    grid = _Grid(triplet_beats, TICKS_PER_QUARTER)
    ticks = {grid.nearest(onset) for onset in onsets}
    return frozenset(tick // TICKS_PER_QUARTER for tick in ticks if tick % TICKS_PER_QUARTER not in _SWUNG_TICKS)


def _evened(position: NDArray[np.float64], divided: frozenset[int]) -> NDArray[np.float64]:
    """Positions where swung eighths are as long as one another, those in the quarters of `divided` as they are."""
    quarter = np.floor(position)
    even = quarter + np.interp(position - quarter, [0.0, _SWING, 1.0], [0.0, 0.5, 1.0])
    return np.where(np.isin(quarter, list(divided)), position, even)


def _write_staff(staff: int, struck: dict[tuple[int, int], float], grid: _Grid) -> list[ScoreNote]:
    """Notes of a staff from the offsets, in quarters, of (onset in ticks, pitch)."""
    onsets = sorted({onset for onset, _ in struck})
    chords: defaultdict[int, dict[int, int]] = defaultdict(dict)  # of each onset the end of each pitch, in ticks
    for (onset, pitch), offset in struck.items():
        chords[onset][pitch] = _written_end(onset, offset, onsets, grid)
    for onset in onsets:
        chords[onset] = _ended_together(onset, chords[onset])
    _cut_at_repeats(chords)
    return _assign_voices(staff, chords)


def _written_end(onset: int, offset: float, onsets: list[int], grid: _Grid) -> int:
    """The next onset if the note ends about there, else the nearest place on a grid.

    That grid is coarse for long notes: their ends are no more exact than their length asks for.
    """
    offset_ticks = offset * TICKS_PER_QUARTER
    following = bisect_right(onsets, max(onset, offset_ticks))
    for candidate in onsets[max(0, following - 1) : following + 1]:
        share = _EARLY_SHARE * (candidate - onset) / TICKS_PER_QUARTER
        early = max(_EARLY_BEATS, min(share, _EARLIEST_BEATS))
        if candidate > onset and -early <= offset - candidate / TICKS_PER_QUARTER <= _LATE_BEATS:
            return candidate
    on_beat = grid.beat * round(offset_ticks / grid.beat)
    missed = (on_beat - offset_ticks) / TICKS_PER_QUARTER
    if on_beat > onset and (offset_ticks - onset >= 2 * grid.beat or -_LATE_FOR_BEAT <= missed <= _EARLY_FOR_BEAT):
        return on_beat
    is_long = offset_ticks - onset >= (EIGHTH if onset % EIGHTH == 0 else TICKS_PER_QUARTER)
    if is_long and int(offset) not in grid.triplet_beats:
        return EIGHTH * round(offset_ticks / EIGHTH)
    end = max(grid.nearest(offset), onset + grid.step(onset // TICKS_PER_QUARTER))
    following = bisect_right(onsets, onset)
    is_free = following == len(onsets) or onsets[following] >= onset + EIGHTH
    # A short note with nothing behind it is an eighth: how short is up to the player, and two rests say no more.
    is_detached = onset % EIGHTH == 0 and end == onset + SIXTEENTH and is_free
    return onset + EIGHTH if is_detached else end


def _ended_together(onset: int, ends: dict[int, int]) -> dict[int, int]:
    """Ends of a chord's pitches where those that differ little have become one, and VOICES_PER_STAFF remain."""
    groups: list[list[int]] = []  # of pitches, by end
    for pitch in sorted(ends, key=lambda pitch: ends[pitch]):
        first = ends[groups[-1][0]] if groups else 0
        near = ends[pitch] - first <= max(SIXTEENTH, _CHORD_SHARE * (first - onset))
        if groups and (near or len(groups) == VOICES_PER_STAFF):
            groups[-1].append(pitch)
        else:
            groups.append([pitch])
    together: dict[int, int] = {}
    for group in groups:
        common = sorted(ends[pitch] for pitch in group)[len(group) // 2]
        together.update(dict.fromkeys(group, common))
    return together


def _cut_at_repeats(chords: dict[int, dict[int, int]]) -> None:
    """End every note where its pitch is struck again."""
    sounding: dict[int, int] = {}  # the onset of each pitch's last note
    for onset in sorted(chords):
        for pitch in chords[onset]:
            if pitch in sounding:
                before = chords[sounding[pitch]]
                before[pitch] = min(before[pitch], onset)
            sounding[pitch] = onset


def _assign_voices(staff: int, chords: dict[int, dict[int, int]]) -> list[ScoreNote]:
    """Each group of equal ends in a voice that is free, the higher in the first; for want of one a note is cut."""
    written: list[list[ScoreNote]] = [[] for _ in range(VOICES_PER_STAFF)]
    free_from = [min(chords)] * VOICES_PER_STAFF
    for onset in sorted(chords):
        by_end: defaultdict[int, list[int]] = defaultdict(list)
        for pitch, end in chords[onset].items():
            by_end[end].append(pitch)
        groups = sorted(by_end.items(), key=lambda group: -max(group[1]))
        if len(groups) > VOICES_PER_STAFF:  # a repeat has cut one of a chord's notes: the others share their end
            groups = _merged(groups)
        free = [voice for voice in range(VOICES_PER_STAFF) if free_from[voice] <= onset]
        busy = sorted(set(range(VOICES_PER_STAFF)) - set(free), key=lambda voice: free_from[voice])
        for voice in busy[: max(0, len(groups) - len(free))]:
            _cut_last_chord(written[voice], onset)
            free.append(voice)
        for voice, (end, pitches) in zip(sorted(free), groups, strict=False):
            written[voice] += [ScoreNote(onset, end - onset, pitch, staff, voice + 1) for pitch in sorted(pitches)]
            free_from[voice] = end
    return [note for notes in written for note in notes]


def _merged(groups: list[tuple[int, list[int]]]) -> list[tuple[int, list[int]]]:
    kept, rest = groups[: VOICES_PER_STAFF - 1], groups[VOICES_PER_STAFF - 1 :]
    return [*kept, (min(end for end, _ in rest), [pitch for _, pitches in rest for pitch in pitches])]


def _cut_last_chord(notes: list[ScoreNote], onset: int) -> None:
    last = notes[-1].onset
    for index in range(len(notes) - 1, -1, -1):
        note = notes[index]
        if note.onset != last:
            break
        notes[index] = ScoreNote(note.onset, onset - note.onset, note.pitch, note.staff, note.voice)
