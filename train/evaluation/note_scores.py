"""Scores transcribed notes against reference labels: onset, offset, frame and velocity.

Task: compare a `Transcription` with notes (onset, offset, pitch, velocity) or drum hits (time, class) written
down by somebody else.

Conventions. An onset is right within 50 ms, a pitch within 50 cents, an offset within the larger of 50 ms and
20 % of the reference's length (the field's usual tolerances, mir_eval's defaults); each reference matches at
most one estimate. Two deliberate departures: a note lasts as long as it sounds, so estimates are prolonged by
the sustain pedal before they are compared; and notes of one pitch that start within 30 ms of each other
(unisons of several instruments) count as one, on both sides, since they cannot be heard apart.

Metrics: see `NoteScore` and `DrumScore`. The figures are those of scoring the MIDI file that the transcription
is written to (`transcribe.outputs.midi`).

Throughout, "rows" are float arrays [notes, 4]: onset_s, offset_s, MIDI pitch, velocity (0 = unknown).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import mir_eval
import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.drum_kit import DRUM_CLASSES, DRUM_PIECES
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.outputs.midi import Clock, pedalled_programs

Rows = NDArray[np.float64]
Row = tuple[float, float, float, float]

OFFSET_TOLERANCE_RATIO = 0.2
UNISON_S = 0.03
SHORTEST_NOTE_S = 0.01  # a note of no length has no interval to compare
SHORT_NOTE_S = 0.06  # under this, a note is more likely a splinter than music
FRAMES_PER_S = 100
FEWEST_FOR_CORRELATION = 11

DRUM_TOLERANCE_S = 0.05
DRUM_DOUBLE_S = 0.02  # two hits of a class this close are one stroke, written to two keys
DRUM_CLASS_OF_KEY = {key: piece.of_five for piece in DRUM_PIECES for key in piece.keys}


@dataclass(frozen=True, slots=True)
class NoteScore:
    """Scores of one recording, each 0 to 1 (higher is better but for short_share)."""

    onset_f1: float
    precision: float  # of onsets
    recall: float  # of onsets
    onset_offset_f1: float
    frame_f1: float  # of 10 ms frames: is this pitch sounding
    velocity_correlation: float  # over notes matched by onset; nan where the reference has no velocities
    short_share: float  # of estimated notes, under 60 ms
    reference_count: int
    estimate_count: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Matched, reference and estimated events; sums of counts give micro-averaged scores."""

    matched: int
    reference: int
    estimate: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.matched + other.matched, self.reference + other.reference, self.estimate + other.estimate)

    @property
    def f1(self) -> float:
        return f1(self.matched, self.reference, self.estimate)

    @property
    def precision(self) -> float:
        return self.matched / max(1, self.estimate)

    @property
    def recall(self) -> float:
        return self.matched / max(1, self.reference)


DrumScore = dict[str, Counts]  # class of DRUM_CLASSES -> counts


def f1(matched: float, reference: float, estimate: float) -> float:
    """Harmonic mean of precision and recall from counts; 1 where there was nothing to find and none found."""
    return 2 * matched / (reference + estimate) if reference + estimate else 1.0


def sounding_notes(transcription: Transcription) -> Rows:
    """Rows [notes, 4] of a transcription's notes, each as long as its MIDI file sounds.

    There times are whole ticks, an instrument's note ends where its key is struck again, and the sustain pedal
    holds the pianos' notes.
    """
    clock = Clock(transcription.tempo)
    of_program: dict[int, list[Row]] = defaultdict(list)
    for note in transcription.notes:
        onset = clock.tick(note.onset_s)
        offset = max(clock.tick(note.offset_s), onset + 1)
        row = (clock.time_s(onset), clock.time_s(offset), float(note.pitch), float(note.velocity))
        of_program[note.program].append(row)
    pedal = [(clock.time_s(clock.tick(event.time_s)), event.down) for event in transcription.pedal]
    pedalled = pedalled_programs(of_program)
    rows = [
        row for program, notes in of_program.items() for row in _pedalled(notes, pedal if program in pedalled else [])
    ]
    return np.array(sorted(rows), dtype=np.float64).reshape(-1, 4)


def _pedalled(notes: list[Row], pedal: list[tuple[float, bool]]) -> Iterator[Row]:
    """One instrument's notes, sorted by onset, as long as they sound; `pedal` is times and whether it goes down.

    A pedal that is never released holds until the key-up of the last note to start.
    """
    pedal_times_s = [time_s for time_s, _ in pedal]
    last_offset_s = notes[-1][1]
    next_strike_s: dict[float, float] = {}
    for onset_s, key_up_s, pitch, velocity in reversed(notes):
        struck_s = next_strike_s.get(pitch, math.inf)
        offset_s = min(key_up_s, struck_s)
        k = bisect_right(pedal_times_s, offset_s) - 1
        if k >= 0 and pedal[k][1]:
            up_s = next((time_s for time_s, down in pedal[k:] if not down), last_offset_s)
            offset_s = max(offset_s, min(up_s, struck_s))
        next_strike_s[pitch] = onset_s
        yield onset_s, offset_s, pitch, velocity


def merge_unisons(rows: Rows) -> Rows:
    """Rows [notes, 4] sorted by onset, those of a pitch that start within 30 ms of its last one joined to it.

    A joined note ends with the last of its members and is as loud as the loudest.
    """
    rows = rows.copy()
    rows[:, 1] = np.maximum(rows[:, 1], rows[:, 0] + SHORTEST_NOTE_S)
    kept: list[Rows] = []
    last_of_pitch: dict[float, Rows] = {}
    for row in rows[np.argsort(rows[:, 0], kind="stable")]:
        last = last_of_pitch.get(row[2])
        if last is not None and row[0] - last[0] < UNISON_S:
            last[1], last[3] = max(last[1], row[1]), max(last[3], row[3])
        else:
            last_of_pitch[row[2]] = row.copy()
            kept.append(last_of_pitch[row[2]])
    return np.array(kept).reshape(-1, 4)


def score_notes(reference: Rows, estimate: Transcription | Rows) -> NoteScore:
    """Scores of an estimate (a Transcription, or rows [notes, 4] as they sound) against reference rows."""
    ref = merge_unisons(reference)
    est = merge_unisons(sounding_notes(estimate) if isinstance(estimate, Transcription) else estimate)
    matched = match_notes(ref, est, offset_ratio=None)
    last_s = max(rows[:, 1].max(initial=0.0) for rows in (ref, est))
    ref_roll, est_roll = _roll(ref, last_s), _roll(est, last_s)
    return NoteScore(
        onset_f1=f1(len(matched), len(ref), len(est)),
        precision=len(matched) / max(1, len(est)),
        recall=len(matched) / max(1, len(ref)),
        onset_offset_f1=f1(len(match_notes(ref, est, OFFSET_TOLERANCE_RATIO)), len(ref), len(est)),
        frame_f1=f1(float((ref_roll & est_roll).sum()), float(ref_roll.sum()), float(est_roll.sum())),
        velocity_correlation=_velocity_correlation(ref, est, matched),
        short_share=float(np.mean(est[:, 1] - est[:, 0] < SHORT_NOTE_S)) if len(est) else 0.0,
        reference_count=len(ref),
        estimate_count=len(est),
    )


def match_notes(ref: Rows, est: Rows, offset_ratio: float | None) -> list[tuple[int, int]]:
    """Pairs (index in ref, index in est); offset_ratio None leaves offsets out."""
    if not len(ref) or not len(est):
        return []
    to_hz = mir_eval.util.midi_to_hz
    pairs: list[tuple[int, int]] = mir_eval.transcription.match_notes(
        ref[:, :2], to_hz(ref[:, 2]), est[:, :2], to_hz(est[:, 2]), offset_ratio=offset_ratio
    )
    return pairs


def _roll(rows: Rows, last_s: float) -> NDArray[np.bool_]:
    """Which of 128 pitches sound in which 10 ms frame: [128, frames]."""
    roll = np.zeros((128, int(last_s * FRAMES_PER_S) + 2), bool)
    for onset_s, offset_s, pitch, _ in rows:
        first = int(onset_s * FRAMES_PER_S)
        roll[round(pitch), first : max(int(offset_s * FRAMES_PER_S), first + 1)] = True
    return roll


def _velocity_correlation(ref: Rows, est: Rows, matched: Iterable[tuple[int, int]]) -> float:
    """Pearson correlation over matched notes; nan with too few, or where either side is constant."""
    pairs = np.array([(ref[i, 3], est[j, 3]) for i, j in matched if ref[i, 3] > 0]).reshape(-1, 2)
    if len(pairs) < FEWEST_FOR_CORRELATION or pairs[:, 0].std() <= 1 or pairs[:, 1].std() == 0:
        return float("nan")
    return float(np.corrcoef(pairs.T)[0, 1])


def drum_times(transcription: Transcription) -> dict[str, list[float]]:
    """Times in seconds per class, on the ticks of the MIDI file; keys of no class are left out."""
    clock = Clock(transcription.tempo)
    times: dict[str, list[float]] = defaultdict(list)
    for hit in transcription.drum_hits:
        if hit.key in DRUM_CLASS_OF_KEY:
            times[DRUM_CLASS_OF_KEY[hit.key]].append(clock.time_s(clock.tick(hit.onset_s)))
    return times


def score_drums(reference: Mapping[str, Sequence[float]], transcription: Transcription) -> DrumScore:
    """Counts per class for reference times in seconds (class -> times); a hit is right within 50 ms."""
    estimate = drum_times(transcription)
    score = {}
    for name in DRUM_CLASSES:
        ref = np.sort(np.asarray(reference.get(name, ()), dtype=np.float64))
        est = np.sort(np.asarray(estimate.get(name, ()), dtype=np.float64))
        if len(est):
            est = est[np.insert(np.diff(est) > DRUM_DOUBLE_S, 0, True)]
        both = len(ref) and len(est)
        matched = len(mir_eval.util.match_events(ref, est, DRUM_TOLERANCE_S)) if both else 0
        score[name] = Counts(matched, len(ref), len(est))
    return score
