"""Merges the class probabilities of a recording's segments into one answer: by mean, by vote, or by learned attention.

Mean and vote leave silent segments out. Attention, a network of its own (networks/attention_pooling.py), is given them
too, together with `segment_facts`: where a piece stops, and how loud each part is, may say something about it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.classify.segments import SILENT_DB

FACT_COUNT = 3
_LEVEL_RANGE_DB = 50.0
CERTAIN = 0.5  # of many classes those that are at least this likely get a segment's vote


def merge(
    probabilities: NDArray[np.float32], silent: NDArray[np.bool_], merging: str, answer: str
) -> NDArray[np.float32]:
    """Probabilities [class] of a recording, from those [segment, class] of its segments, `silent` ones left out.

    merging: "mean", or "vote", the share of the segments that are for a class: that has it as their likeliest
    (answer "one"), or finds it at least `CERTAIN` (answer "many"). All zero where every segment is silent.
    Raises ValueError for another way of merging.
    """
    sounding = probabilities[~silent]
    if not len(sounding):
        return np.zeros(probabilities.shape[1], np.float32)
    if merging == "mean":
        return np.asarray(sounding.mean(axis=0), np.float32)
    if merging != "vote":
        raise ValueError(f"{merging!r} is neither mean nor vote")
    if answer == "one":
        votes = np.eye(probabilities.shape[1], dtype=np.float32)[sounding.argmax(axis=1)]
    else:
        votes = (sounding >= CERTAIN).astype(np.float32)
    return np.asarray(votes.mean(axis=0), np.float32)


def segment_facts(levels_db: NDArray[np.float64], silent: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What attention sees beside the embeddings, [segment, FACT_COUNT], each from 0 to 1.

    The level against the loudest segment (0 at 50 dB below it), whether it is silent, and its place in the recording.
    """
    levels = np.maximum(np.asarray(levels_db, np.float64), SILENT_DB)
    level = np.clip(1.0 + (levels - levels.max(initial=SILENT_DB)) / _LEVEL_RANGE_DB, 0.0, 1.0)
    place = np.linspace(0.0, 1.0, len(levels)) if len(levels) > 1 else np.zeros(len(levels))
    return np.stack([level, silent, place], axis=1).astype(np.float32)
