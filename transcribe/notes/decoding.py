"""Turns candidates into notes: which are kept, where they end, and their velocities.

A note lasts while the frame activation stays up, until a clear offset, or until its key is struck again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations, Values, between_frames, find_peaks
from mp3tomidi.transcribe.inference.choice import likeliest
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH
from mp3tomidi.transcribe.notes.candidates import Candidates
from mp3tomidi.transcribe.notes.thresholds import Thresholds
from mp3tomidi.transcribe.notes.velocity import USUAL_VELOCITY, VelocityReading

GAP_FRAMES = 2  # a dip of the frame activation shorter than this does not end a note
OFFSET_REACH_FRAMES = 4  # a clear offset this near the frame activation's fall is the better end
# The judge learned on rendered mixes what a probability is; of real recordings it claims more than is true (what it
# says is a note with .45 is one in .24 to .39 of the cases). Probabilities to this power are right on the mean of both.
CAUTION = 1.3


def _next_true(condition: NDArray[np.bool_], frame: NDArray[np.intp], pitch: NDArray[np.intp]) -> NDArray[np.float64]:
    """For each cell (frame, pitch) the first frame from there on where `condition` [frames, pitch] holds.

    The frame count where there is none.
    """
    result = np.empty(len(frame))
    for key in np.unique(pitch):
        of_key = pitch == key
        where = np.append(np.flatnonzero(condition[:, key]), len(condition))
        result[of_key] = where[np.searchsorted(where, frame[of_key])]
    return result


def decode_notes(
    activations: Activations,
    candidates: Candidates,
    probability: NDArray[np.floating],
    thresholds: Thresholds | None = None,
    read_velocities: VelocityReading | None = None,
) -> list[Note]:
    """The notes among the candidates, which are `probability` likely to be ones; sorted by onset.

    `read_velocities` says how hard they are struck (a VelocityReader); without it all are equally.
    """
    thresholds = thresholds or Thresholds()
    onset, frame_activation = activations.onset, activations.frame
    count = len(onset)
    pitch = candidates.pitch + PIANO_LOWEST_PITCH
    in_range = (pitch >= thresholds.min_pitch) & (pitch <= thresholds.max_pitch)
    candidates, probability = candidates.only(in_range), probability[in_range]
    if thresholds.onset is None:
        kept = likeliest(probability**CAUTION, candidates.frame, count, activations.hop_s)
    else:
        kept = probability >= thresholds.onset
    if not kept.any():
        return []
    candidates, confidence = candidates.only(kept), probability[kept]
    frame, pitch, time = candidates.frame, candidates.pitch, candidates.time

    silent = frame_activation < thresholds.frame
    for shift in range(1, GAP_FRAMES):
        silent[:-shift] &= frame_activation[shift:] < thresholds.frame
    # The frame activation may still be rising in the two frames after a struck key.
    end = _next_true(silent, np.minimum(frame + 2, count - 1), pitch)
    end = np.maximum(end, frame + 1.0)
    end = _at_clear_offset(activations.offset, thresholds.offset, frame, pitch, end)
    struck_again = np.full(len(frame), np.inf)
    same_key = pitch[1:] == pitch[:-1]
    struck_again[:-1][same_key] = time[1:][same_key]
    end = np.minimum(end, struck_again)

    velocity = (
        read_velocities(activations, frame, pitch) if read_velocities else np.full(len(frame), USUAL_VELOCITY, np.intp)
    )
    onset_s = np.maximum(time * activations.hop_s, 0.0)
    offset_s = np.maximum(end * activations.hop_s, onset_s + activations.hop_s)
    notes = [
        Note(float(start), float(stop), int(key) + PIANO_LOWEST_PITCH, int(loud), confidence=float(sure))
        for start, stop, key, loud, sure in zip(onset_s, offset_s, pitch, velocity, confidence, strict=True)
        if stop - start >= thresholds.min_length_s
    ]
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))


def _at_clear_offset(
    offset: Values,
    threshold: float,
    frame: NDArray[np.intp],
    pitch: NDArray[np.intp],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Ends moved to the nearest offset peak that is clear enough, if there is one close by."""
    offset_frame, offset_pitch = find_peaks(offset, threshold)
    offset_time = between_frames(offset, offset_frame, offset_pitch)
    # One line of time for all pitches, so long that what is near belongs to the same pitch.
    spacing = len(offset) + 2.0 * OFFSET_REACH_FRAMES
    peaks = np.concatenate([[-np.inf], offset_pitch * spacing + offset_time, [np.inf]])
    ends = pitch * spacing + end
    after = np.searchsorted(peaks, ends)
    left, right = peaks[after - 1], peaks[after]
    left = np.where(left > pitch * spacing + frame + 1, left, -np.inf)
    right = np.where(right > pitch * spacing + frame + 1, right, np.inf)
    nearest = np.where(ends - left <= right - ends, left, right)
    return np.where(np.abs(nearest - ends) <= OFFSET_REACH_FRAMES, nearest - pitch * spacing, end)
