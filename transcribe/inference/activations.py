"""The activations of a network, [frames, 88] or [frames, piece], and peak picking in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.inference.timbres import NO_TIMBRES, Timbres
from mp3tomidi.transcribe.peaks import peak_shift

Values = NDArray[np.floating[Any]]

_FRAMES_AT_ONCE = 8192  # bounds the memory of long recordings
LOWEST_PEAK = 0.15  # of the onset activation; of the peaks below, 1 in 50 is a note
PEAK_REACH_FRAMES = 2  # a peak is the highest point this far to either side: 40 ms of notes, 20 ms of drums


@dataclass(frozen=True)
class Activations:
    """Probabilities [frames, 88] as a NoteNet gives them, and the time from one frame to the next.

    Of long recordings they are in half precision. `loudness` and `level` are measured, not outputs of the network:
    see `front_end.loudness`. `timbres` are kept around the peaks of `onset`.
    """

    onset: Values
    frame: Values
    offset: Values
    velocity: Values
    loudness: Values
    hop_s: float
    timbres: Timbres = NO_TIMBRES
    level: Values | None = None

    @classmethod
    def of(cls, outputs: Values, hop_s: float, timbres: Timbres = NO_TIMBRES) -> Activations:
        """From the outputs of each frame [output, frames, 88]: OUTPUTS and MEASURED_OF_NOTES."""
        onset, frame, offset, velocity, loudness, level = outputs
        return cls(onset, frame, offset, velocity, loudness, hop_s, timbres, level)


def find_peaks(activation: Values, threshold: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Frames and pitches (or pieces) of the local maxima at or above the threshold, by pitch and then by time."""
    frames, pitches = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for start in range(0, len(activation), _FRAMES_AT_ONCE):
        stop = min(start + _FRAMES_AT_ONCE, len(activation))
        first, last = max(start - PEAK_REACH_FRAMES, 0), min(stop + PEAK_REACH_FRAMES, len(activation))
        margins = first - start + PEAK_REACH_FRAMES, stop + PEAK_REACH_FRAMES - last
        near = np.pad(activation[first:last].astype(np.float32), (margins, (0, 0)), constant_values=-1.0)
        here = near[PEAK_REACH_FRAMES : PEAK_REACH_FRAMES + stop - start]
        is_peak = here >= threshold
        for shift in range(1, PEAK_REACH_FRAMES + 1):
            before, after = (near[PEAK_REACH_FRAMES + by :][: stop - start] for by in (-shift, shift))
            is_peak &= (here > before) & (here >= after)
        frame, pitch = np.nonzero(is_peak)
        frames.append(frame + start)
        pitches.append(pitch)
    frame, pitch = np.concatenate(frames), np.concatenate(pitches)
    order = np.argsort(pitch, kind="stable")
    return frame[order], pitch[order]


def between_frames(activation: Values, frame: NDArray[np.intp], pitch: NDArray[np.intp]) -> NDArray[np.float64]:
    """Peak positions in frames, from a parabola through each peak and its neighbours."""
    last = len(activation) - 1
    left, right = activation[np.maximum(frame - 1, 0), pitch], activation[np.minimum(frame + 1, last), pitch]
    # Nothing happens before the sound or after it.
    return np.asarray(np.clip(frame + peak_shift(left, activation[frame, pitch], right), 0, last), np.float64)


def around_peaks(
    values: Values, peaks: Values, frame: NDArray[np.intp], pitch: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The mean of each peak's value and its neighbours' in time, by how high the peak is there."""
    frames = np.clip(frame + np.arange(-1, 2)[:, None], 0, len(peaks) - 1)
    weights = peaks[frames, pitch].astype(np.float64)
    return np.asarray((values[frames, pitch] * weights).sum(0) / weights.sum(0), np.float64)
