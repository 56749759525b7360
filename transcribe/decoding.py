"""Activations to notes.

An onset is a peak of the onset activation, its time read between frames from the peak's shape; a note lasts while
the frame activation stays up, until a clear offset, or until its key is struck again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH

PEAK_REACH_FRAMES = 2  # an onset is the highest point this far to either side: repeats 40 ms apart stay apart
GAP_FRAMES = 2  # a dip of the frame activation shorter than this does not end a note
OFFSET_REACH_FRAMES = 4  # a clear offset this near the frame activation's fall is the better end


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Activations from which something counts; one setting for every kind of recording."""

    onset: float = 0.5
    frame: float = 0.3
    offset: float = 0.3
    min_length_s: float = 0.03


@dataclass(frozen=True)
class Activations:
    """Probabilities [frames, 88] as a network gives them, and the time from one frame to the next."""

    onset: NDArray[np.float32]
    frame: NDArray[np.float32]
    offset: NDArray[np.float32]
    velocity: NDArray[np.float32]
    hop_s: float


def _peaks(activation: NDArray[np.float32], threshold: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Frames and pitches of the local maxima at or above the threshold, by pitch and then by time."""
    padded = np.pad(activation, ((PEAK_REACH_FRAMES, PEAK_REACH_FRAMES), (0, 0)), constant_values=-1.0)
    count = len(activation)
    is_peak = activation >= threshold
    for shift in range(1, PEAK_REACH_FRAMES + 1):
        before = padded[PEAK_REACH_FRAMES - shift :][:count]
        after = padded[PEAK_REACH_FRAMES + shift :][:count]
        is_peak &= (activation > before) & (activation >= after)
    pitch, frame = np.nonzero(is_peak.T)
    return frame, pitch


def _between_frames(
    activation: NDArray[np.float32], frame: NDArray[np.intp], pitch: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Peak positions in frames, from a parabola through each peak and its neighbours."""
    last = len(activation) - 1
    left = activation[np.maximum(frame - 1, 0), pitch].astype(np.float64)
    centre = activation[frame, pitch].astype(np.float64)
    right = activation[np.minimum(frame + 1, last), pitch].astype(np.float64)
    curvature = left - 2.0 * centre + right
    shift = np.where(curvature < -1e-6, 0.5 * (left - right) / np.minimum(curvature, -1e-6), 0.0)
    # Nothing happens before the sound or after it.
    return np.asarray(np.clip(frame + np.clip(shift, -0.5, 0.5), 0, last), np.float64)


def _next_true(condition: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each cell the first frame at or after it where `condition` [frames, pitch] holds (else the frame count)."""
    count = len(condition)
    where = np.where(condition, np.arange(count)[:, None], count)
    return np.minimum.accumulate(where[::-1], axis=0)[::-1]


def decode_notes(activations: Activations, thresholds: Thresholds | None = None) -> list[Note]:
    """The notes that the activations show, sorted by onset."""
    thresholds = thresholds or Thresholds()
    onset, frame_activation = activations.onset, activations.frame
    count = len(onset)
    frame, pitch = _peaks(onset, thresholds.onset)
    if not len(frame):
        return []
    time = _between_frames(onset, frame, pitch)

    silent = frame_activation < thresholds.frame
    for shift in range(1, GAP_FRAMES):
        silent[:-shift] &= frame_activation[shift:] < thresholds.frame
    # The frame activation may still be rising in the two frames after a struck key.
    end = _next_true(silent)[np.minimum(frame + 2, count - 1), pitch].astype(np.float64)
    end = np.maximum(end, frame + 1.0)
    end = _at_clear_offset(activations.offset, thresholds.offset, frame, pitch, end)
    struck_again = np.full(len(frame), np.inf)
    same_key = pitch[1:] == pitch[:-1]
    struck_again[:-1][same_key] = time[1:][same_key]
    end = np.minimum(end, struck_again)

    velocity = _velocities(activations.velocity, onset, frame, pitch)
    onset_s = np.maximum(time * activations.hop_s, 0.0)
    offset_s = np.maximum(end * activations.hop_s, onset_s + activations.hop_s)
    notes = [
        Note(float(start), float(stop), int(key) + PIANO_LOWEST_PITCH, int(loud), confidence=float(sure))
        for start, stop, key, loud, sure in zip(onset_s, offset_s, pitch, velocity, onset[frame, pitch], strict=True)
        if stop - start >= thresholds.min_length_s
    ]
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))


def _at_clear_offset(
    offset: NDArray[np.float32],
    threshold: float,
    frame: NDArray[np.intp],
    pitch: NDArray[np.intp],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Ends moved to the highest offset peak near them, if it is clear enough."""
    result = end.copy()
    offset_frame, offset_pitch = _peaks(offset, threshold)
    offset_time = _between_frames(offset, offset_frame, offset_pitch)
    first = np.searchsorted(offset_pitch, pitch, "left")
    last = np.searchsorted(offset_pitch, pitch, "right")
    for note in range(len(end)):
        near = slice(first[note], last[note])
        times = offset_time[near]
        candidates = np.flatnonzero((np.abs(times - end[note]) <= OFFSET_REACH_FRAMES) & (times > frame[note] + 1))
        if len(candidates):
            result[note] = times[candidates[np.argmin(np.abs(times[candidates] - end[note]))]]
    return result


def _velocities(
    velocity: NDArray[np.float32],
    onset: NDArray[np.float32],
    frame: NDArray[np.intp],
    pitch: NDArray[np.intp],
) -> NDArray[np.intp]:
    """MIDI velocities: the velocity activation around each onset, weighted by the onset activation."""
    last = len(velocity) - 1
    frames = np.clip(frame + np.arange(-1, 2)[:, None], 0, last)
    weights = onset[frames, pitch]
    mean = (velocity[frames, pitch] * weights).sum(0) / weights.sum(0)
    return np.asarray(np.clip(np.round(mean * 127.0), 1, 127), np.intp)
