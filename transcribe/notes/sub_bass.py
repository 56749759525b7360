"""Finds basses without overtones, which NoteNet hardly detects: 808s, sub basses and sine waves.

Such a bass is one line below C#3, each of its notes a steady tone after a glide of a tenth of a second at most. Its
pitch is followed in the lowest band (low_pitch.py) and cut where it moves to another key and where the level rises.
Kicks and toms are short or never steady, and other basses have overtones: only a recording whose low tones are mostly
pure has such a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from mp3tomidi.transcribe.array_types import Float64Array
from mp3tomidi.transcribe.drum_kit import DRUM_PIECES
from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.notes import calibration
from mp3tomidi.transcribe.notes.low_pitch import HOP_S, SILENCE_DB, low_levels_db, low_pitch, low_sound
from mp3tomidi.transcribe.notes.velocity import USUAL_VELOCITY

SYNTH_BASS = 38  # General MIDI program, 0-based
KICK_KEYS, TOM_KEYS = (
    frozenset(key for piece in DRUM_PIECES if piece.of_five == name for key in piece.keys) for name in ("KD", "TT")
)

# A steady tone.
LEAST_PERIODIC = 0.2  # aperiodicity
RANGE_DB = 30.0  # under the loudest of the recording's low band
LOUDEST_PERCENTILE = 98.0
FURTHEST_SEMITONES, FASTEST_SEMITONES = 0.35, 0.25  # from the median of the frames before; from one frame to the next
MEDIAN_FRAMES = 6
FEWEST_FRAMES = 8
# Two stretches of one tone with a short gap between them, where its level does not rise, are one note.
LONGEST_GAP_FRAMES, SAME_KEY_SEMITONES = 4, 0.4
# A rise within 50 ms is a note that begins: within a tone, and where one settles on its key.
RISE_DB, RISE_FRAMES = 3.0, 3
LONGEST_GLIDE_FRAMES, LONGEST_UNSEEN_FRAMES = 18, 12
WINDOW_LATE_S = 0.01  # the middle of the windows in which a level rises by most lies so much after the onset

# A line of a bass without overtones, by the medians of its notes. Synthesised 808s and sub basses, alone and under
# songs that are half as loud, have an aperiodicity of .002 to .009 and lie 7 to 90 dB over what is above them. Bass
# guitars, low voices and pianos have more of it (.03 and over), or lie less than 2 dB over that.
FEWEST_NOTES, MOST_ON_ONE_KEY = 4, 0.85
MOST_APERIODIC, LEAST_OVER_DB = 0.012, 2.0
LEAST_OVER_DB_EVER = 0.0  # of all that is audible: kicks and toms are in it, too
CLICK_S = 0.03  # a kick has an onset above the band within this of its onset
PURE_DB = 13.0  # under the tone, what is there is no kick's click

SAME_ONSET_S = 0.05
LATE_S = 0.02  # a note of NoteNet's that begins so much later than the line's was detected when its glide was over
EARLY_S, IN_TIME_S, TRANSCRIBED_SHARE = 0.08, 0.03, 0.8  # notes before and after the line's; how many are enough
LEVEL_VELOCITY = 2.0  # a decibel


@dataclass(frozen=True, eq=False)
class _Track:
    """Arrays [frames], a frame every HOP_S; see `low_pitch`."""

    pitch: Float64Array
    aperiodicity: Float64Array
    level_db: Float64Array
    above_db: Float64Array


@dataclass(frozen=True, eq=False)
class SubBassLine:
    """The notes of a bass without overtones: arrays [notes], by time."""

    onset_s: Float64Array
    offset_s: Float64Array
    pitch: NDArray[np.intp]
    velocity: NDArray[np.intp]
    confidence: Float64Array
    over_db: Float64Array
    """How far each stands out, as it begins, of what is above it."""

    def notes(self) -> list[Note]:
        """With a synthesizer bass's program."""
        columns = self.onset_s, self.offset_s, self.pitch, self.velocity, self.confidence
        return [
            Note(onset, offset, pitch, velocity, program=SYNTH_BASS, confidence=confidence)
            for onset, offset, pitch, velocity, confidence in zip(*columns, strict=True)
        ]


def sub_bass_line(blocks: Iterable[NDArray[np.float32]], sample_rate: int, tuning_cents: float) -> SubBassLine | None:
    """The line of mono sound in blocks [samples] of any length; None where no bass without overtones plays."""
    sound = low_sound(blocks, sample_rate)
    level_db, above_db = low_levels_db(sound)
    audible = _audible(level_db)
    if not audible.any() or np.median((level_db - above_db)[audible]) < LEAST_OVER_DB_EVER:
        return None  # as nearly always, and quickly
    track = _Track(*low_pitch(sound), level_db, above_db)
    found = _notes(track)
    if not _is_pure_line(found, track):
        return None
    onset, last = (np.array([note[place] for note in found]) for place in (0, 2))
    pitch = _of_each(np.median, track.pitch, found) - tuning_cents / 100.0
    loudest_db = _of_each(np.max, level_db, found)
    velocity = USUAL_VELOCITY + LEVEL_VELOCITY * (loudest_db - np.median(loudest_db))
    click = maximum_filter1d(above_db, 2 * round(CLICK_S / HOP_S) + 1)[onset]
    return SubBassLine(
        onset_s=np.maximum(0.0, onset * HOP_S - WINDOW_LATE_S),
        offset_s=last * HOP_S,
        pitch=np.round(pitch).astype(np.intp),
        velocity=np.clip(np.round(velocity), 1, 127).astype(np.intp),
        confidence=calibration.of_sub_bass(
            _of_each(np.median, track.aperiodicity, found),
            _of_each(np.median, level_db - above_db, found),
            HOP_S * _of_each(len, level_db, found),
            loudest_db - _loudest_db(level_db),
        ),
        over_db=loudest_db - click,
    )


def with_sub_bass(notes: Sequence[Note], line: SubBassLine | None) -> list[Note]:
    """The notes with those of the line that are not among them, nor an octave higher.

    A note of the same key that begins where the line's has settled is the line's, detected late: it begins earlier.
    Every note ends where its key is struck again, as `decoding.decode_notes` has it.
    """
    if line is None:
        return list(notes)
    left, added = list(notes), []
    for low in line.notes():
        same = [note for note in left if note.pitch == low.pitch and _begins_within(note, low)]
        octaves = [note for note in left if note.pitch == low.pitch + 12 and _at_once(note, low)]
        if same and same[0].onset_s > low.onset_s + LATE_S:
            left.remove(same[0])
            sure = max(same[0].confidence, low.confidence)
            added.append(replace(same[0], onset_s=low.onset_s, confidence=sure))
        elif not same and not octaves:
            added.append(low)
    return _until_struck_again(sorted([*left, *added]))


def _until_struck_again(notes: Sequence[Note]) -> list[Note]:
    """The notes, sorted by onset, none of which sounds on when another of its key begins."""
    next_onset_s: dict[int, float] = {}
    ended = []
    for note in reversed(notes):
        ended.append(replace(note, offset_s=min(note.offset_s, next_onset_s.get(note.pitch, note.offset_s))))
        next_onset_s[note.pitch] = note.onset_s
    return ended[::-1]


def _at_once(note: Note, low: Note) -> bool:
    return abs(note.onset_s - low.onset_s) <= SAME_ONSET_S


def _begins_within(note: Note, low: Note) -> bool:
    return low.onset_s - SAME_ONSET_S <= note.onset_s < low.offset_s


def unless_transcribed(line: SubBassLine | None, notes: Sequence[Note]) -> SubBassLine | None:
    """The line; None where nearly all of it is among the notes anyway, in time: then those are the better ones."""
    if line is None:
        return None
    found = [
        any(note.pitch == low.pitch and -EARLY_S <= note.onset_s - low.onset_s <= IN_TIME_S for note in notes)
        for low in line.notes()
    ]
    return None if np.mean(found) >= TRANSCRIBED_SHARE else line


def named_as_bass(notes: Sequence[Note], line: SubBassLine | None) -> list[Note]:
    """The notes, those of the line with a synthesizer bass's program."""
    if line is None:
        return list(notes)
    return [
        replace(note, program=SYNTH_BASS)
        if np.any((line.pitch == note.pitch) & (np.abs(line.onset_s - note.onset_s) <= SAME_ONSET_S))
        else note
        for note in notes
    ]


def without_sub_bass(hits: Sequence[DrumHit], line: SubBassLine | None) -> tuple[DrumHit, ...]:
    """The drum hits without the toms, and the kicks without a click, that are onsets of the line."""
    if line is None:
        return tuple(hits)

    def is_of_line(hit: DrumHit) -> bool:
        at_once = np.abs(line.onset_s - hit.onset_s) <= SAME_ONSET_S
        if hit.key in TOM_KEYS:
            return bool(at_once.any())
        return hit.key in KICK_KEYS and bool((line.over_db[at_once] >= PURE_DB).any())

    return tuple(hit for hit in hits if not is_of_line(hit))


def _of_each(
    figure: Callable[[Float64Array], float], values: Float64Array, found: Sequence[tuple[int, int, int]]
) -> Float64Array:
    """A figure [notes] of the values [frames] in which each note is steady."""
    return np.array([figure(values[first:last]) for _, first, last in found])


def _audible(level_db: Float64Array) -> NDArray[np.bool_]:
    return np.asarray(level_db > max(_loudest_db(level_db) - RANGE_DB, SILENCE_DB))


def _loudest_db(level_db: Float64Array) -> float:
    return float(np.percentile(level_db, LOUDEST_PERCENTILE)) if len(level_db) else 0.0


def _notes(track: _Track) -> list[tuple[int, int, int]]:
    """Of each note the frame of its onset, the first in which it is steady, and the one after its last."""
    tones = [part for tone in _joined(_steady_runs(track), track) for part in _cut_at_rises(*tone, track.level_db)]
    found = []
    before = 0
    for first, last in tones:
        found.append((_onset(first, before, track.level_db), first, last))
        before = last
    return found


def _steady_runs(track: _Track) -> list[tuple[int, int]]:
    """First frame and the one after the last of each stretch of a steady tone."""
    if not len(track.pitch):
        return []
    tonal = _audible(track.level_db) & (track.aperiodicity < LEAST_PERIODIC)
    slow = np.abs(np.diff(track.pitch)) < FASTEST_SEMITONES
    pitch: list[float] = track.pitch.tolist()  # of which a median is quicker than of an array
    runs = []
    first = 0
    for frame, goes_on in enumerate([*(tonal[1:] & tonal[:-1] & slow).tolist(), False], start=1):
        if goes_on:
            recent = pitch[max(first, frame - MEDIAN_FRAMES) : frame]
            if abs(pitch[frame] - median(recent)) < FURTHEST_SEMITONES:
                continue
        if frame - first >= FEWEST_FRAMES:
            runs.append((first, frame))
        first = frame
    return runs


def _joined(runs: Sequence[tuple[int, int]], track: _Track) -> list[tuple[int, int]]:
    tones: list[tuple[int, int]] = []
    for first, last in runs:
        if tones:
            begun, ended = tones[-1]
            keys_apart = abs(np.median(track.pitch[first:last]) - np.median(track.pitch[begun:ended]))
            rise_db = (
                track.level_db[first : first + RISE_FRAMES + 1].max()
                - track.level_db[ended - RISE_FRAMES : ended].mean()
            )
            if first - ended <= LONGEST_GAP_FRAMES and keys_apart < SAME_KEY_SEMITONES and rise_db < RISE_DB:
                tones[-1] = begun, last
                continue
        tones.append((first, last))
    return tones


def _cut_at_rises(first: int, last: int, level_db: Float64Array) -> list[tuple[int, int]]:
    """A tone cut where it is struck again: at the steepest of each rise, no part shorter than FEWEST_FRAMES."""
    rise = np.full(len(level_db), -np.inf)
    inside = np.arange(first + RISE_FRAMES, last - RISE_FRAMES)
    rise[inside] = level_db[inside + RISE_FRAMES] - level_db[inside - RISE_FRAMES]
    cuts = [first]
    for frame in inside:
        steepest = rise[frame] >= rise[frame - RISE_FRAMES : frame + RISE_FRAMES + 1].max()
        if rise[frame] > RISE_DB and steepest and min(frame - cuts[-1], last - frame) >= FEWEST_FRAMES:
            cuts.append(int(frame))
    return list(zip(cuts, [*cuts[1:], last], strict=True))


def _onset(first: int, before: int, level_db: Float64Array) -> int:
    """The frame in which a tone that is steady from `first` on begins: where the level rises by most before that.

    `before` is where the last tone ended. Where the level does not rise, the tone begins where that one ends.
    """
    frames = np.arange(max(before - 2, first - LONGEST_GLIDE_FRAMES, 0), first + 4)
    after, earlier = (np.clip(frames + by, 0, len(level_db) - 1) for by in (2, -2))
    rise = level_db[after] - level_db[earlier]
    if rise.max() > RISE_DB:
        return int(frames[rise.argmax()])
    return max(before, first - LONGEST_UNSEEN_FRAMES) if first - before < LONGEST_GLIDE_FRAMES else first


def _is_pure_line(found: Sequence[tuple[int, int, int]], track: _Track) -> bool:
    """Whether the notes are a bass's without overtones: several keys, and most of them pure."""
    if len(found) < FEWEST_NOTES:
        return False
    keys = np.round(_of_each(np.median, track.pitch, found)).astype(int)
    if np.bincount(keys).max() > MOST_ON_ONE_KEY * len(keys):
        return False
    aperiodicity = _of_each(np.median, track.aperiodicity, found)
    over_db = _of_each(np.median, track.level_db - track.above_db, found)
    return bool(np.median(aperiodicity) < MOST_APERIODIC and np.median(over_db) > LEAST_OVER_DB)
