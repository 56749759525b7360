"""Features of a note candidate for the NoteJudge: activations around its onset peak, and density of the music."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.inference.activations import Activations, Values
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.log_odds import log_odds
from mp3tomidi.transcribe.notes.candidates import Candidates

NEIGHBOUR_HEIGHT = 0.3  # of an onset peak that counts as a neighbouring note of the same key
LIKELY_HEIGHT = 0.5  # of onset peaks that are counted by the second
SOUNDING = 0.5  # of the frame activation

# Where the judge looks, relative to a candidate: nearby times densely, then further; neighbouring pitches (leakage,
# vibrato, glides) and those that share partials (octaves, twelfths, fifths, thirds).
TIMES = np.array([-24, -16, -11, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 11, 16, 24])  # frames
ONSET_PITCHES = np.array([-24, -19, -12, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12, 19, 24])  # semitones
FRAME_PITCHES = np.array([-12, -2, -1, 0, 1, 2, 12])
ENVIRONMENT_FRAMES = 100  # to either side, for how dense the music is there
LONGEST_GAP_S = 3.0
SUMMARY_COUNT = 10
FEATURE_COUNT = len(TIMES) * (len(ONSET_PITCHES) + len(FRAME_PITCHES) + 1) + SUMMARY_COUNT

_LIMIT, _MARGIN = 6.0, 1e-5  # of log odds; of probabilities from 0 and 1
_TIME_MARGIN, _PITCH_MARGIN = int(np.abs(TIMES).max()), int(np.abs(ONSET_PITCHES).max())


class NoteFeatures:
    """The NoteJudge's features of a recording's candidates."""

    def __init__(self, activations: Activations, candidates: Candidates) -> None:
        self.activations, self.candidates = activations, candidates
        self.frame = candidates.frame
        self._summary = _summary(activations, candidates)

    def of(self, part: slice | NDArray[np.intp]) -> NDArray[np.float32]:
        """[candidates of the part, FEATURE_COUNT]. Takes memory for the time between the first and the last of them."""
        candidates = self.candidates.only(part)
        first, last = (int(candidates.frame.min()), int(candidates.frame.max())) if len(candidates) else (0, 0)
        activations = self.activations
        onset, frame, offset = (
            _log_odds(values, first, last + 1) for values in (activations.onset, activations.frame, activations.offset)
        )
        times = candidates.frame[:, None, None] - first + _TIME_MARGIN + TIMES
        keys = candidates.key[:, None, None] + _PITCH_MARGIN
        patch_rows = [
            onset[times, keys + ONSET_PITCHES[:, None]],
            frame[times, keys + FRAME_PITCHES[:, None]],
            offset[times, keys],
        ]
        patches = np.concatenate(patch_rows, axis=1).reshape(len(candidates), FEATURE_COUNT - SUMMARY_COUNT)
        return np.concatenate([patches, self._summary[part]], axis=1, dtype=np.float32)


def _log_odds(activation: Values, first: int, last: int) -> NDArray[np.float16]:
    """Log odds of frames first to last and of a margin around them, which is certain silence outside of the recording.

    [last - first + 2 * _TIME_MARGIN, 88 + 2 * _PITCH_MARGIN].
    """
    odds = np.full((last - first + 2 * _TIME_MARGIN, activation.shape[1] + 2 * _PITCH_MARGIN), -_LIMIT, np.float16)
    start = max(first - _TIME_MARGIN, 0)
    known = log_odds(activation[start : last + _TIME_MARGIN].astype(np.float32), _MARGIN)
    rows = slice(start - first + _TIME_MARGIN, start - first + _TIME_MARGIN + len(known))
    odds[rows, _PITCH_MARGIN:-_PITCH_MARGIN] = np.clip(known, -_LIMIT, _LIMIT)
    return odds


def _summary(activations: Activations, candidates: Candidates) -> NDArray[np.float32]:
    """[candidates, SUMMARY_COUNT]: key, velocity, how dense the music is nearby and on the whole, repeats."""
    frame, key, height = candidates.frame, candidates.key, candidates.height
    count = len(activations.onset)
    sounding = (activations.frame > SOUNDING).sum(axis=1).astype(np.float64)
    expected, likely = np.zeros(count), np.zeros(count)
    np.add.at(expected, frame, height)
    np.add.at(likely, frame, height > LIKELY_HEIGHT)
    before_s, after_s = _gaps_s(candidates, activations.hop_s)
    onsets_a_second = 1.0 / activations.hop_s
    columns = [
        key / PITCH_COUNT,
        activations.velocity[frame, key],
        np.log1p(_moving_mean(sounding)[frame]),
        np.log1p(_moving_mean(expected)[frame] * onsets_a_second),
        np.log1p(_moving_mean(likely)[frame] * onsets_a_second),
        np.log1p(sounding[frame]),
        np.full(len(candidates), height.mean() if len(candidates) else 0.0),
        np.full(len(candidates), np.log1p(sounding).mean() if count else 0.0),
        before_s,
        after_s,
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _moving_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over ENVIRONMENT_FRAMES to either side, as far as the recording goes."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    first = np.maximum(index - ENVIRONMENT_FRAMES, 0)
    last = np.minimum(index + ENVIRONMENT_FRAMES + 1, len(values))
    return np.asarray((sums[last] - sums[first]) / (last - first), np.float64)


def _gaps_s(candidates: Candidates, hop_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time since the last and until the next peak over NEIGHBOUR_HEIGHT of the same key, LONGEST_GAP_S at most."""
    reach = round(LONGEST_GAP_S / hop_s)
    # One line of time for all keys, in which another key is further away than any gap counts.
    spacing = reach + (int(candidates.frame.max()) if len(candidates) else 0) + 1
    places = candidates.key * spacing + candidates.frame
    neighbours = places[candidates.height > NEIGHBOUR_HEIGHT]
    bounded = np.concatenate([[-2 * spacing], neighbours, [(PITCH_COUNT + 1) * spacing]])  # out of every reach
    before = places - bounded[np.searchsorted(bounded, places, "left") - 1]
    after = bounded[np.searchsorted(bounded, places, "right")] - places
    return np.minimum(before, reach) * hop_s, np.minimum(after, reach) * hop_s
