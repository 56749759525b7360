"""Follows the pitch of one note through its length, as far as it glides from its key.

The likeliest path (Viterbi 1967) through the salience of pitches around the key, which a path is the likelier to be at
the nearer it is, and which another note that sounds at the time has a claim on; then refined by demodulation.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mp3tomidi.transcribe.array_types import Float64Array
from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.front_end.filters import A4_HZ, A4_PITCH
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH
from mp3tomidi.transcribe.notes.demodulation import excerpt_of, follow_tone
from mp3tomidi.transcribe.notes.salience import BIN_COUNT, SAMPLE_RATE, STEPS, WINDOWS, SalienceBank, frequency_hz

HOP_S = 0.01
REACH_SEMITONES = 7
FASTEST_STEPS = 5  # in a frame: a fourth in 50 ms
STEP_COST = 0.06
SALIENCE_WEIGHT = 3.0
FREE_SEMITONES, DISTANCE_COST = 0.7, 0.06  # a frame and semitone beyond
AUDIBLE = 0.1  # 20 dB under the note's loudest moment its pitch is no longer read
# Harmonics that are further apart are not one tone's. In mixes they are so in half of the frames; where they agree,
# notes that were played straight are straight within 10 cents, and where they do not, off by 20 to 200. Voices alone
# are rough enough to have more.
WIDEST_SPREAD_CENTS, SPREAD_FRAMES = {False: 20.0, True: 45.0}, 5
OVERLAP_S = 0.03
CLAIMED_SEMITONES, CLAIM_COST = 0.7, 2.0


@dataclass(frozen=True, eq=False)
class NotePitch:
    """Arrays [frames], a frame every HOP_S from `start_s` on."""

    start_s: float
    cents: Float64Array
    """From the note's key, in the recording's tuning."""
    amplitude: Float64Array
    """Of the tone, in parts of its strongest frame."""
    spread_cents: Float64Array
    """How far apart its harmonics say that it is: of a tone that sounds alone a few cents."""
    alone: bool
    """Whether no other note sounds beside it."""

    @property
    def audible(self) -> NDArray[np.bool_]:
        return np.asarray(self.amplitude >= AUDIBLE)

    @property
    def readable(self) -> NDArray[np.bool_]:
        """Whether the tone is audible, and its harmonics agree."""
        spread = ndimage.median_filter(self.spread_cents, SPREAD_FRAMES, mode="nearest")
        return np.asarray(self.audible & (spread <= WIDEST_SPREAD_CENTS[self.alone]))


def sounding_beside(note: Note, notes: Iterable[Note]) -> list[Note]:
    """The notes of other keys that sound at the same time, for longer than those of a line overlap."""
    return [
        other
        for other in notes
        if min(other.offset_s, note.offset_s) - max(other.onset_s, note.onset_s) > OVERLAP_S
        and other.pitch != note.pitch
    ]


class NotePitchTracker:
    """Mono sound [samples] at SAMPLE_RATE, and the recording's deviation from A440."""

    def __init__(self, sound: NDArray[np.float32], tuning_cents: float) -> None:
        self._sound, self._tuning_cents = sound, tuning_cents
        self._salience = SalienceBank(tuning_cents)

    def follow(self, note: Note, others: Sequence[Note]) -> NotePitch:
        """The pitch of a note, beside which `others` sound at least for a time."""
        count = max(2, 1 + round((note.offset_s - note.onset_s) / HOP_S))
        path = self._rough_path(note, others, count)
        rough_hz = frequency_hz(note.pitch + path / STEPS, self._tuning_cents)
        tone = follow_tone(self._sound, note.onset_s, rough_hz, HOP_S, SAMPLE_RATE)
        pitch = A4_PITCH + 12.0 * np.log2(tone.hz / A4_HZ) - self._tuning_cents / 100.0
        amplitude = tone.amplitude / max(1e-12, tone.amplitude.max())
        return NotePitch(note.onset_s, 100.0 * (pitch - note.pitch), amplitude, tone.spread_cents, not others)

    def _rough_path(self, note: Note, others: Sequence[Note], count: int) -> NDArray[np.float64]:
        """Steps from the key [frames]."""
        middle = (note.pitch - PIANO_LOWEST_PITCH) * STEPS + STEPS // 2
        reach = STEPS * REACH_SEMITONES
        bins = np.arange(max(0, middle - reach), min(BIN_COUNT, middle + reach + 1))
        strength = self._strength(note.onset_s, count, slice(int(bins[0]), int(bins[-1]) + 1))
        away = np.abs(bins - middle) / STEPS
        score = SALIENCE_WEIGHT * np.log(strength / np.maximum(strength.max(axis=1, keepdims=True), 1e-6) + 1e-3)
        score -= DISTANCE_COST * np.maximum(0.0, away - FREE_SEMITONES)
        for other in others:
            _claim(score, note, other, bins)
        return (bins[_likeliest_path(score)] - middle).astype(np.float64)

    def _strength(self, start_s: float, count: int, bins: slice) -> Float64Array:
        """Salience [count, bins] of frames from `start_s` on."""
        edge = max(WINDOWS) // 2
        centres = np.round((start_s + np.arange(count) * HOP_S) * SAMPLE_RATE).astype(np.intp)
        first = int(centres[0]) - edge
        excerpt = excerpt_of(self._sound, first, int(centres[-1]) + edge - first)
        return self._salience.of(excerpt, centres - first, bins).astype(np.float64)


def _claim(score: Float64Array, note: Note, other: Note, bins: NDArray[np.intp]) -> None:
    """Lowers the score [frames, bins] where another note sounds, in time and pitch."""
    first, last = (round((time_s - note.onset_s) / HOP_S) for time_s in (other.onset_s, other.offset_s))
    of_other = (other.pitch - PIANO_LOWEST_PITCH) * STEPS + STEPS // 2
    of_note = (note.pitch - PIANO_LOWEST_PITCH) * STEPS + STEPS // 2
    nearer = (np.abs(bins - of_other) < CLAIMED_SEMITONES * STEPS) & (np.abs(bins - of_other) < np.abs(bins - of_note))
    score[max(0, first) : max(0, last), nearer] -= CLAIM_COST


def _likeliest_path(score: Float64Array) -> NDArray[np.intp]:
    """The bin of each frame [frames], by scores [frames, bins]."""
    count, width = score.shape
    offsets = np.arange(-FASTEST_STEPS, FASTEST_STEPS + 1)
    costs = STEP_COST * np.abs(offsets)
    came_from = np.empty((count, width), np.int16)
    best, places = score[0], np.arange(width)
    for frame in range(1, count):
        padded = np.pad(best, FASTEST_STEPS, constant_values=-np.inf)
        near = np.lib.stride_tricks.sliding_window_view(padded, len(offsets)) - costs
        choice = near.argmax(axis=1)
        came_from[frame] = places + offsets[choice]
        best = near[places, choice] + score[frame]
    path = np.empty(count, np.intp)
    path[-1] = best.argmax()
    for frame in range(count - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path
