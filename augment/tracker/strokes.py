"""Strokes that are heard: notes of a module held against the sound of their own instrument."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mp3tomidi.transcribe.array_types import Float64Array, Samples

FRAME_S = 0.002  # to whole samples
RISE_DB = 4.0  # a stroke raises its stem by as much within 6 ms,
QUIETEST_DB = 34.0  # and is no softer than this against the loudest
_BEFORE_S, _AFTER_S = 0.004, 0.04  # where it is looked for
_SIDE = 3  # frames that are compared, before and after
_LOUDEST_VELOCITY, _VELOCITY_PER_DB = 110.0, 1.6
_AS_ONE_S = 0.02
_LEAD_FRAMES, _SILENT_DB = 2 * _SIDE, -120.0  # before the first sample


def heard_strokes(stem: Samples, sample_rate: int, times_s: Sequence[float]) -> list[tuple[float, float]]:
    """Onset in s and velocity of the notes (at `times_s`) that are heard in a stem of one instrument.

    The onset is where the stem rises, the velocity is by its level. Notes without a rise (of volume 0, slid to from
    another one) are left out.
    """
    frame_samples = round(FRAME_S * sample_rate)
    frame_s = frame_samples / sample_rate
    level_db = np.concatenate([np.full(_LEAD_FRAMES, _SILENT_DB), _level_db(stem, frame_samples)])
    if len(level_db) < 2 * _LEAD_FRAMES:
        return []
    rise_db = np.full(len(level_db), -np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(level_db, _SIDE).max(axis=1)
    rise_db[_SIDE : len(windows)] = windows[_SIDE:] - windows[:-_SIDE]
    loudest_db = float(np.percentile(level_db, 99.5))
    strokes: list[tuple[float, float]] = []
    for time_s in sorted(times_s):
        begin = max(1, _LEAD_FRAMES + round((time_s - _BEFORE_S) / frame_s))
        end = min(len(rise_db), _LEAD_FRAMES + round((time_s + _AFTER_S) / frame_s))
        if begin >= end:
            continue
        frame = begin + int(np.argmax(rise_db[begin:end]))
        below_db = loudest_db - float(level_db[frame : frame + 4 * _SIDE].max())
        if rise_db[frame] < RISE_DB or below_db > QUIETEST_DB:
            continue
        steepest = int(np.argmax(np.diff(level_db[frame - 1 : frame + _SIDE])))
        onset_s = max(0, frame + steepest - _LEAD_FRAMES) * frame_s
        if not strokes or onset_s - strokes[-1][0] > _AS_ONE_S:
            velocity = float(np.clip(_LOUDEST_VELOCITY - _VELOCITY_PER_DB * below_db, 1.0, 127.0))
            strokes.append((onset_s, velocity))
    return strokes


def _level_db(stem: Samples, frame_samples: int) -> Float64Array:
    """RMS of each frame."""
    frames = stem[: len(stem) // frame_samples * frame_samples].reshape(-1, frame_samples).astype(np.float64)
    return np.asarray(10.0 * np.log10(np.square(frames).mean(axis=1) + 10.0 ** (_SILENT_DB / 10.0)), np.float64)
