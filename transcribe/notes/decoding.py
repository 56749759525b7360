"""Decodes note candidates: which are kept, where they end, and their velocities.

A note lasts while the frame activation stays up, until a clear offset, or until its key is struck again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations, Values, between_frames, find_peaks
from mp3tomidi.transcribe.inference.choice import select_for_expected_f1
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH
from mp3tomidi.transcribe.notes.candidates import Candidates
from mp3tomidi.transcribe.notes.thresholds import LEAST_CONFIDENCE, Thresholds
from mp3tomidi.transcribe.notes.velocity import USUAL_VELOCITY, VelocityReading

GAP_FRAMES = 2  # a dip of the frame activation shorter than this does not end a note
RISING_FRAMES = 2  # the frame activation may still be rising so long after a struck key
OFFSET_REACH_FRAMES = 4  # a clear offset this near the frame activation's fall is the better end


def decode_notes(
    activations: Activations,
    candidates: Candidates,
    probability: NDArray[np.floating],
    thresholds: Thresholds | None = None,
    read_velocities: VelocityReading | None = None,
) -> list[Note]:
    """The notes among the candidates, sorted by onset and pitch.

    Parameters
    ----------
    activations
        Those that the candidates are peaks of.
    candidates
        Onset peaks.
    probability
        That each is a note [candidates], calibrated: it becomes the note's confidence.
    thresholds
        What counts as a note. Default: chosen for each minute.
    read_velocities
        Says how hard they are struck (a VelocityReader). Default: all equally.
    """
    thresholds = thresholds or Thresholds()
    pitch = candidates.key + PIANO_LOWEST_PITCH
    in_range = (pitch >= thresholds.min_pitch) & (pitch <= thresholds.max_pitch)
    candidates, probability = candidates.only(in_range), probability[in_range]
    if thresholds.onset is None:
        frames, hop_s = len(activations.onset), activations.hop_s
        kept = select_for_expected_f1(probability, candidates.frame, frames, hop_s, least=LEAST_CONFIDENCE)
    else:
        kept = probability >= thresholds.onset
    if not kept.any():
        return []
    candidates, probability = candidates.only(kept), probability[kept]
    end_frames = _end_frames(activations, candidates, thresholds)
    if read_velocities:
        velocity = read_velocities(activations, candidates.frame, candidates.key)
    else:
        velocity = np.full(len(candidates), USUAL_VELOCITY, np.intp)
    onset_s = np.maximum(candidates.position_frames * activations.hop_s, 0.0)
    offset_s = np.maximum(end_frames * activations.hop_s, onset_s + activations.hop_s)
    notes = [
        Note(float(start), float(stop), int(key) + PIANO_LOWEST_PITCH, int(loud), confidence=float(sure))
        for start, stop, key, loud, sure in zip(onset_s, offset_s, candidates.key, velocity, probability, strict=True)
        if stop - start >= thresholds.min_length_s
    ]
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))


def _end_frames(activations: Activations, candidates: Candidates, thresholds: Thresholds) -> NDArray[np.float64]:
    """Where notes that begin at these candidates end, in frames [candidates], read between frames."""
    frame, key = candidates.frame, candidates.key
    silent = activations.frame < thresholds.frame
    for shift in range(1, GAP_FRAMES):
        silent[:-shift] &= activations.frame[shift:] < thresholds.frame
    end = _next_true(silent, np.minimum(frame + RISING_FRAMES, len(silent) - 1), key)
    end = np.maximum(end, frame + 1.0)
    end = _at_clear_offset(activations.offset, thresholds.offset, frame, key, end)
    return np.minimum(end, _struck_again_frames(candidates))


def _next_true(condition: NDArray[np.bool_], frame: NDArray[np.intp], key: NDArray[np.intp]) -> NDArray[np.float64]:
    """For each cell (frame, key) the first frame from there on where `condition` [frames, 88] holds.

    The frame count where there is none.
    """
    result = np.empty(len(frame))
    for one in np.unique(key):
        of_key = key == one
        where = np.append(np.flatnonzero(condition[:, one]), len(condition))
        result[of_key] = where[np.searchsorted(where, frame[of_key])]
    return result


def _at_clear_offset(
    offset: Values,
    threshold: float,
    frame: NDArray[np.intp],
    key: NDArray[np.intp],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Ends moved to the nearest peak of the offset activation above `threshold`, within OFFSET_REACH_FRAMES."""
    offset_frame, offset_key = find_peaks(offset, threshold)
    offset_position = between_frames(offset, offset_frame, offset_key)
    # One line of time for all keys, so long that what is near belongs to the same key.
    spacing = len(offset) + 2.0 * OFFSET_REACH_FRAMES
    peaks = np.concatenate([[-np.inf], offset_key * spacing + offset_position, [np.inf]])
    ends = key * spacing + end
    after = np.searchsorted(peaks, ends)
    left, right = peaks[after - 1], peaks[after]
    left = np.where(left > key * spacing + frame + 1, left, -np.inf)
    right = np.where(right > key * spacing + frame + 1, right, np.inf)
    nearest = np.where(ends - left <= right - ends, left, right)
    return np.where(np.abs(nearest - ends) <= OFFSET_REACH_FRAMES, nearest - key * spacing, end)


def _struck_again_frames(candidates: Candidates) -> NDArray[np.float64]:
    """Where the next candidate of the same key lies, in frames; infinite where there is none."""
    struck_again = np.full(len(candidates), np.inf)
    same_key = candidates.key[1:] == candidates.key[:-1]
    struck_again[:-1][same_key] = candidates.position_frames[1:][same_key]
    return struck_again
