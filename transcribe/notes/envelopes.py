"""Amplitude envelopes of notes: attack time, sustain level and release time.

Read from the level of each pitch's partials, every 20 ms in a window of 64 ms. What the window itself adds is taken out
again: it makes an instant rise or fall take 15 to 25 ms. Where another note begins whose partials lie on those of this
one, nothing more can be estimated.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.array_types import Float64Array
from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.loudness import PARTIALS
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH

LOUDEST_DB = 1.0  # a note is at its loudest from where it is within so much of it
SILENT_DB = 40.0  # under its loudest, it is silent
FLOOR_DB = 3.0  # so is it this little above what is left when it falls no more
LONGEST_RISE_S, LONGEST_RELEASE_S, LONGEST_READ_S = 1.5, 2.0, 6.0
LATE_S = 0.06  # what begins later than this with a note is no part of its chord
SHARED_INTERVALS = sorted({round(12 * math.log2(a / b)) for a in PARTIALS for b in PARTIALS})
_NOTES_AT_ONCE = 256  # bounds the memory
_WINDOW_S = min(LogFrequencySettings().window_samples) / LogFrequencySettings().sample_rate


def with_envelopes(notes: Sequence[Note], activations: Activations) -> list[Note]:
    """The notes with attack, sustain and release; as they are without `activations.level`."""
    if activations.level is None or not notes or not len(activations.level):
        return list(notes)
    columns = np.array([(note.onset_s, note.offset_s, note.pitch) for note in notes])
    clear_s = _clear_until_s(columns)
    result: list[Note] = []
    for start in range(0, len(notes), _NOTES_AT_ONCE):
        part = slice(start, start + _NOTES_AT_ONCE)
        read = _read(columns[part], clear_s[part], activations)
        result += [
            replace(note, attack_s=attack, sustain_db=sustain, release_s=release)
            for note, attack, sustain, release in zip(notes[part], *read, strict=True)
        ]
    return result


def _clear_until_s(columns: Float64Array) -> Float64Array:
    """When the next note begins whose partials lie on each note's [notes]; infinity where none does."""
    onset_s, pitch = columns[:, 0], columns[:, 2]
    by_pitch = {key: np.append(np.sort(onset_s[pitch == key]), np.inf) for key in np.unique(pitch)}
    clear_s = np.full(len(columns), np.inf)
    for key in by_pitch:
        own = np.flatnonzero(pitch == key)
        for interval in SHARED_INTERVALS:
            if (others := by_pitch.get(key + interval)) is not None:
                late_s = onset_s[own] + (LATE_S if interval else 1e-6)
                clear_s[own] = np.minimum(clear_s[own], others[np.searchsorted(others, late_s, side="right")])
    return clear_s


def _read(
    columns: Float64Array, clear_s: Float64Array, activations: Activations
) -> tuple[list[float], list[float], list[float]]:
    """Attacks in s, sustains in dB and releases in s of notes [notes, 3]: onsets and offsets in s, pitches."""
    assert activations.level is not None
    hop_s = activations.hop_s
    onset_s, offset_s, pitch = columns.T
    first = np.maximum(np.floor(onset_s / hop_s).astype(np.intp), 0)
    longest_s = min(float((offset_s - onset_s).max()), LONGEST_READ_S) + LONGEST_RELEASE_S
    frames = first[:, None] + np.arange(math.ceil(longest_s / hop_s) + 1)
    last = len(activations.level) - 1
    level_db = 20.0 * activations.level[np.minimum(frames, last), pitch.astype(int)[:, None] - PIANO_LOWEST_PITCH]
    level_db = level_db.astype(np.float64)
    time_s = frames * hop_s - onset_s[:, None]  # from each onset
    end_s = np.minimum(np.minimum(offset_s, clear_s) - onset_s, LONGEST_READ_S)[:, None]
    limit_s = np.minimum(np.minimum(clear_s, (last + 1) * hop_s) - onset_s, end_s[:, 0] + LONGEST_RELEASE_S)[:, None]

    rising = (time_s <= np.minimum(np.maximum(end_s, 2 * hop_s), LONGEST_RISE_S)) & (time_s <= limit_s)
    rising[:, :2] = True  # the frames on either side of the onset
    peak_db = np.where(rising, level_db, -np.inf).max(axis=1, keepdims=True)
    loud_s = _first_s(level_db >= peak_db - LOUDEST_DB, level_db, peak_db - LOUDEST_DB, time_s)
    second_half = (time_s >= 0.5 * (loud_s + end_s)) & (time_s <= end_s - 0.25 * _WINDOW_S)
    held_db = np.where(second_half, level_db, 0.0).sum(axis=1) / np.maximum(1, second_half.sum(axis=1))
    held_db = np.where(second_half.any(axis=1), held_db - peak_db[:, 0], 0.0)

    after = (time_s >= end_s) & (time_s <= limit_s)
    none_after = ~after.any(axis=1)
    floor_db = np.where(after, level_db, np.where(none_after[:, None], peak_db, np.inf)).min(axis=1, keepdims=True)
    silent_db = np.maximum(peak_db - SILENT_DB, floor_db + FLOOR_DB)
    silent_s = _first_s(after & (level_db <= silent_db), level_db, silent_db, time_s)
    fall_s = np.where(none_after, 0.0, silent_s[:, 0] - end_s[:, 0])
    fall_s = np.minimum(_without_window(fall_s, *_falls()), np.maximum(0.0, (limit_s - end_s)[:, 0]))
    rise_s = _without_window(loud_s[:, 0], *_rises())
    return rise_s.round(4).tolist(), np.minimum(held_db, 0.0).round(2).tolist(), fall_s.round(4).tolist()


def _first_s(
    reached: NDArray[np.bool_], level_db: Float64Array, threshold_db: Float64Array, time_s: Float64Array
) -> Float64Array:
    """When each row [notes, frames] first reaches its threshold, between frames [notes, 1]."""
    rows = np.arange(len(reached))
    frame = reached.argmax(axis=1)
    before = np.maximum(frame - 1, 0)
    there, earlier = level_db[rows, frame], level_db[rows, before]
    way = there - earlier
    share = np.clip((threshold_db[:, 0] - earlier) / np.where(np.abs(way) > 1e-9, way, np.inf), 0.0, 1.0)
    share = np.where(frame > 0, share, 1.0)
    reached_s = time_s[rows, before] + share * (time_s[rows, frame] - time_s[rows, before])
    return np.asarray(reached_s[:, None])


def _without_window(measured_s: Float64Array, lengths_s: Float64Array, times_s: Float64Array) -> Float64Array:
    """Lengths of rises or falls, by a table of `lengths_s` and how long each of them appears to take."""
    return np.asarray(np.interp(measured_s, times_s, lengths_s, left=0.0))


_LENGTHS_S = np.concatenate([np.arange(0.0, 0.1, 0.005), np.arange(0.1, 2.3, 0.05)])  # of the tables


@functools.cache
def _rises() -> tuple[Float64Array, Float64Array]:
    """Lengths of straight rises from silence, and when each appears within LOUDEST_DB of what it rises to."""
    time_s = _table_times_s()
    levels = [_smoothed(np.clip(time_s / max(length_s, 1e-6), 0.0, 1.0)) for length_s in _LENGTHS_S]
    return _LENGTHS_S, np.array([time_s[np.argmax(level >= 10.0 ** (-LOUDEST_DB / 20.0))] for level in levels])


@functools.cache
def _falls() -> tuple[Float64Array, Float64Array]:
    """Lengths of falls by SILENT_DB, as quick in dB all the way, and how long each appears to take."""
    time_s, silent = _table_times_s(), 10.0 ** (-SILENT_DB / 20.0)
    levels = [_smoothed(silent ** (np.maximum(time_s, 0.0) / max(length_s, 1e-3))) for length_s in _LENGTHS_S]
    return _LENGTHS_S, np.array([time_s[np.argmax(level <= silent)] for level in levels])


def _table_times_s() -> Float64Array:
    return np.arange(-0.1, _LENGTHS_S[-1] + 0.1, 0.001)


def _smoothed(amplitude: Float64Array) -> Float64Array:
    """What the window makes of an amplitude every millisecond."""
    window = np.hanning(round(1000 * _WINDOW_S) + 2)[1:-1]
    padded = np.pad(amplitude, len(window) // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="same")[len(window) // 2 : -(len(window) // 2)]
