"""Selects the candidates that become events, so that the expected F1 is highest, from their probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PASSAGE_S = 60.0  # the selection is made for passages of about this length


def select_for_expected_f1(
    probability: NDArray[np.floating],
    frame: NDArray[np.intp],
    frame_count: int,
    hop_s: float,
    *,
    least: float,
    clearest: float = 0.0,
) -> NDArray[np.bool_]:
    """Which candidates [candidates] to keep so that the expected F1 is highest, passage by passage.

    With calibrated probabilities p, keeping the k likeliest of a passage is expected to find sum(p of those k) of
    sum(p of all) events, an F1 of 2 * found / (k + all). Where all is clear (a piano) this keeps what is likelier than
    about one half; where little is (a dense band) it keeps less likely ones too, since missing them would cost more
    (Lipton, Elkan and Naryanaswamy 2014: the best threshold is half the best F1).

    Parameters
    ----------
    probability
        That each candidate is an event [candidates], calibrated.
    frame
        Where each lies [candidates].
    frame_count, hop_s
        Length of the recording in frames, and the time from one frame to the next in s.
    least
        None that is less probable is kept: where nothing is played, the likeliest candidate is no event either.
    clearest
        Of a passage in which none is as probable as this, none is kept.
    """
    kept = np.zeros(len(probability), np.bool_)
    passages = max(1, round(frame_count * hop_s / PASSAGE_S))
    passage = frame * passages // max(1, frame_count)
    for number in range(passages):
        inside = np.flatnonzero(passage == number)
        if len(inside):
            ranked = inside[np.argsort(-probability[inside], kind="stable")]
            if probability[ranked[0]] < max(least, clearest):
                continue
            found = np.cumsum(probability[ranked])
            expected_f1 = 2.0 * found / (np.arange(1, len(ranked) + 1) + found[-1])
            kept[ranked[: int(np.argmax(expected_f1)) + 1]] = True
    return kept & (probability >= least)
