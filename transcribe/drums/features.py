"""Features of a drum hit candidate for the DrumJudge: the rest of the kit then, and repetition.

DrumNet's receptive field is a second or so. Whether a clatter is a hi-hat depends also on what else is played in the
passage, and above all on whether it comes where the music repeats: drumming does, from beat to beat and bar to bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mp3tomidi.transcribe.array_types import Float64Array
from mp3tomidi.transcribe.drum_kit import PIECE_COUNT
from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.log_odds import log_odds as bounded_log_odds

BLOCK_S = 8.0  # what lies in one shares the features of its passage,
MARGIN_S = 8.0  # which reaches this far to either side
REPEATS_S = ((0.2, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 4.0))  # in each range the time after which most comes again
LEVELS = (0.3, 0.7, 0.9)  # how many peaks a second of each piece reach these
_CLEAREST = 10  # and how clear these are
_TOGETHER_FRAMES = 2  # to either side: what happens at once
_LEAST_SURE = 1e-3
_FEWEST = 0.02  # peaks a second
NEVER = float(np.log(_LEAST_SURE / (1.0 - _LEAST_SURE)))  # log odds of what is not detected at all

_OF_REPEAT = 5
FEATURE_COUNT = 3 * PIECE_COUNT + (len(LEVELS) + 1) * (PIECE_COUNT + 1) + _OF_REPEAT * len(REPEATS_S)

AnyFloat = TypeVar("AnyFloat", bound=np.floating[Any])


def all_features(activations: DrumActivations, candidates: DrumCandidates) -> NDArray[np.float32]:
    """[candidates, FEATURE_COUNT], in this order:

    which piece it is; its log odds, in that piece's place; log odds of all pieces at that time; of all pieces in
    the passage and of its own the peaks a second and the mean log odds of the clearest; and for each of REPEATS_S the
    log odds of its piece, and the highest of the others, a repeat earlier and later, and how much comes again.
    """
    hop_s = activations.hop_s
    result = np.zeros((len(candidates), FEATURE_COUNT), np.float32)
    for chosen, first, last in passages(len(activations.onset), hop_s, candidates.frame):
        onset = activations.onset[first:last].astype(np.float64)
        in_block = (candidates.frame >= first) & (candidates.frame < last)
        piece, frame = candidates.piece[chosen], candidates.frame[chosen] - first
        is_piece = np.eye(PIECE_COUNT)[piece]
        odds = log_odds(highest_near(onset, _TOGETHER_FRAMES))
        result[chosen] = np.concatenate(
            [
                is_piece,
                is_piece * log_odds(candidates.height[chosen])[:, None],
                odds[frame],
                _kit(candidates.piece[in_block], candidates.height[in_block], len(onset) * hop_s, piece),
                _repeats(onset, odds, frame, piece, hop_s),
            ],
            axis=1,
        )
    return result


def passages(
    frame_count: int, hop_s: float, candidate_frames: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], int, int]]:
    """The candidates of each block of BLOCK_S, and the frames of their features, MARGIN_S more to either side.

    Blocks without candidates are left out.
    """
    block, margin = round(BLOCK_S / hop_s), round(MARGIN_S / hop_s)
    for start in range(0, frame_count, block):
        inside = np.flatnonzero((candidate_frames >= start) & (candidate_frames < start + block))
        if len(inside):
            yield inside, max(0, start - margin), min(frame_count, start + block + margin)


def log_odds(height: NDArray[np.floating]) -> Float64Array:
    """Of heights between 0 and 1, kept finite."""
    return np.asarray(bounded_log_odds(height.astype(np.float64), _LEAST_SURE), np.float64)


def highest_near(onset: NDArray[AnyFloat], reach_frames: int) -> NDArray[AnyFloat]:
    """The maximum of values [frames, ...] over so many frames to either side."""
    highest = onset.copy()
    for shift in range(1, min(reach_frames, len(onset) - 1) + 1):
        np.maximum(highest[shift:], onset[:-shift], out=highest[shift:])
        np.maximum(highest[:-shift], onset[shift:], out=highest[:-shift])
    return highest


def _kit(
    pieces: NDArray[np.intp], heights: NDArray[np.float32], duration_s: float, own: NDArray[np.intp]
) -> Float64Array:
    """What is played in a passage: the same for all candidates, and again for the own piece of each."""
    summary = np.empty((len(LEVELS) + 1, PIECE_COUNT))
    for row, level in enumerate(LEVELS):
        counts = np.bincount(pieces[heights > level], minlength=PIECE_COUNT)
        summary[row] = np.log(counts / duration_s + _FEWEST)
    for piece in range(PIECE_COUNT):
        clearest = np.sort(heights[pieces == piece])[-_CLEAREST:]
        summary[-1, piece] = log_odds(clearest).mean() if len(clearest) else NEVER
    return np.concatenate([np.broadcast_to(summary.ravel(), (len(own), summary.size)), summary[:, own].T], axis=1)


def _repeats(
    onset: Float64Array, odds: Float64Array, frame: NDArray[np.intp], piece: NDArray[np.intp], hop_s: float
) -> Float64Array:
    likeness = _likeness(onset)
    each = np.arange(len(frame))
    columns = []
    for shortest_s, longest_s in REPEATS_S:
        shortest = round(shortest_s / hop_s)
        lags = likeness[shortest : round(longest_s / hop_s)]
        if not len(lags):
            columns += [np.full((len(frame), _OF_REPEAT - 1), NEVER), np.zeros((len(frame), 1))]
            continue
        lag = shortest + int(np.argmax(lags))
        there = np.stack([_rows(odds, frame - lag), _rows(odds, frame + lag)])
        own = there[:, each, piece].T
        there[:, each, piece] = NEVER
        columns += [own, there.max(axis=2).T, np.full((len(frame), 1), lags.max())]
    return np.concatenate(columns, axis=1)


def _likeness(onset: Float64Array) -> Float64Array:
    """How much of a passage [frames, piece] comes again after how many frames, against all of it: [frames]."""
    blurred = highest_near(onset, 1)
    blurred -= blurred.mean(axis=0)
    size = fft.next_fast_len(2 * len(onset), real=True)
    power = np.square(np.abs(fft.rfft(blurred, size, axis=0))).sum(axis=1)
    correlation = fft.irfft(power, size)[: len(onset)]
    return np.asarray(correlation / (correlation[0] + 1e-6), np.float64)


def _rows(values: Float64Array, frame: NDArray[np.intp]) -> Float64Array:
    """The rows of these frames; beyond the ends there is silence."""
    inside = (frame >= 0) & (frame < len(values))
    return np.where(inside[:, None], values[np.clip(frame, 0, len(values) - 1)], NEVER)
