"""Features of drum hit candidates for the DrumJudge's second look: the passage as the first look found it.

A hat detected with every kick and never alone is the click of the kick; a cymbal that comes without a hat keeps time.
The first look gives each candidate a probability; the second one counts, by these, what each piece does in the passage,
and compares how bands rise and fall at a candidate with how they do at the clear hits of its piece.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.array_types import Float64Array
from mp3tomidi.transcribe.drum_kit import PIECE_COUNT
from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.drums.features import NEVER, highest_near, log_odds, passages

_TOGETHER_FRAMES = 3  # to either side: strokes of two pieces at once
_SURE = 0.8
_CLEAR = 0.4  # how likely a candidate must be for its company to count
_ALONE = 0.3  # what is likelier than this keeps a piece company
_RAREST = 0.02  # hits a second
_CLEAREST = 5
# Frames around a candidate whose band levels are averaged: before it, at its peak, and as it falls.
_BEFORE, _PEAK, _AFTER, _LATER = (-6, -5, -4, -3), (-1, 0, 1, 2), (6, 7, 8), (13, 15, 17)

_OF_COMPANY = 6 + PIECE_COUNT
_BAND_COUNT = 2 * PIECE_COUNT  # octaves, and quarters of the two highest
_OF_BANDS = 4 * _BAND_COUNT
CONTEXT_COUNT = 1 + 4 * PIECE_COUNT + _OF_COMPANY + 2 * _OF_BANDS + 1


def context_features(
    activations: DrumActivations, candidates: DrumCandidates, first: NDArray[np.floating]
) -> NDArray[np.float32]:
    """[candidates, CONTEXT_COUNT] from the probabilities [candidates] of the first look, in this order:

    its log odds; which piece it is; of all pieces in the passage the hits a second, expected and sure; how likely the
    other pieces are at that time; how often its piece comes alone in the passage, and with which others; how octave
    bands rise and fall, as they do and against the clear hits of its piece in the passage; how many of these there are.
    """
    result = np.zeros((len(candidates), CONTEXT_COUNT), np.float32)
    for inside, of_passage in context_by_passage(activations, candidates, first):
        result[inside] = of_passage
    return result


def context_by_passage(
    activations: DrumActivations, candidates: DrumCandidates, first: NDArray[np.floating]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
    """What `context_features` gives, a few seconds at a time: indices of candidates, and their features."""
    frames, hop_s = len(activations.onset), activations.hop_s
    likely = np.zeros((frames, PIECE_COUNT), np.float32)  # as the networks give it
    np.maximum.at(likely, (candidates.frame, candidates.piece), first)
    others = highest_near(likely, _TOGETHER_FRAMES)[candidates.frame].astype(np.float64)
    others[np.arange(len(others)), candidates.piece] = 0.0
    for inside, begin, end in passages(frames, hop_s, candidates.frame):
        around = np.flatnonzero((candidates.frame >= begin) & (candidates.frame < end))
        piece, probability = candidates.piece[around], np.asarray(first[around], np.float64)
        bands = _rise_and_fall(activations, candidates.frame[around])
        duration_s = (end - begin) * hop_s
        rates = np.concatenate([_rates(piece, probability, duration_s), _rates(piece, probability > _SURE, duration_s)])
        of_piece = [np.flatnonzero(piece == own) for own in range(PIECE_COUNT)]
        company = np.stack([_company(probability[rows], others[around[rows]], duration_s) for rows in of_piece])
        clear = np.stack([_clear_hit(bands[rows], probability[rows]) for rows in of_piece])
        own, own_bands = candidates.piece[inside], bands[np.searchsorted(around, inside)]
        features = np.concatenate(
            [
                log_odds(first[inside])[:, None],
                np.eye(PIECE_COUNT)[own],
                np.broadcast_to(rates, (len(inside), len(rates))),
                log_odds(others[inside]),
                company[own],
                own_bands,
                own_bands - clear[own, :-1],
                clear[own, -1:],
            ],
            axis=1,
        )
        yield inside, features.astype(np.float32)


def _rates(piece: NDArray[np.intp], weight: NDArray[np.generic], duration_s: float) -> Float64Array:
    """The logarithm of how many hits a second each piece has: [piece]."""
    return np.log(np.bincount(piece, weight, PIECE_COUNT) / duration_s + _RAREST)


def _company(probability: Float64Array, others: Float64Array, duration_s: float) -> Float64Array:
    """What a piece does in a passage, from its candidates and the other pieces there [candidates, piece]: the hits a
    second alone and in company, the share alone, how clear the clearest of these and of all are, and how often each
    other piece comes with its clear hits: [_OF_COMPANY].
    """
    alone = others.max(axis=1, initial=0.0) < _ALONE
    clear = probability > _CLEAR
    hits, hits_alone = probability.sum(), probability[alone].sum()
    return np.concatenate(
        [
            np.log(np.array([hits_alone, hits - hits_alone]) / duration_s + _RAREST),
            [(hits_alone + 0.2) / (hits + 0.4)],
            [_of_clearest(probability[alone]), _of_clearest(probability)],
            [others[clear].max(axis=1).mean() if clear.any() else _ALONE],
            (others[clear] > _CLEAR).mean(axis=0) if clear.any() else np.full(PIECE_COUNT, _ALONE),
        ]
    )


def _of_clearest(probability: Float64Array) -> float:
    clearest = np.sort(probability)[-_CLEAREST:]
    return float(log_odds(clearest).mean()) if len(clearest) else NEVER


def _rise_and_fall(activations: DrumActivations, frame: NDArray[np.intp]) -> Float64Array:
    """How far bands rise at a candidate, fall soon and later, and how loud they are: [candidates, 4 bands]."""
    loudness = np.concatenate([activations.quick_loudness, activations.high_loudness], axis=1)
    last = len(loudness) - 1

    def levels(shifts: tuple[int, ...]) -> Float64Array:
        return np.stack([loudness[np.clip(frame + shift, 0, last)] for shift in shifts]).astype(np.float64)

    before, peak = levels(_BEFORE).mean(axis=0), levels(_PEAK).max(axis=0)
    after, later = levels(_AFTER).mean(axis=0), levels(_LATER).mean(axis=0)
    return np.concatenate([peak - before, after - peak, later - peak, peak], axis=1)


def _clear_hit(bands: Float64Array, probability: Float64Array) -> Float64Array:
    """The bands of a piece's clear hits, and how many there are (log): [4 bands + 1]."""
    weight = np.square(np.maximum(probability - 0.3, 0.0)) + 1e-3
    if not len(bands):
        return np.append(np.zeros(_OF_BANDS), np.log(1e-3))
    return np.append(weight @ bands / weight.sum(), np.log(weight.sum()))
