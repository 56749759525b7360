"""Places the operating point of classes that may all hold at once: a probability of one half where F1 is best.

Which probability decides best depends on how rare a class is, and on how class weights have taught it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier

_THRESHOLDS = 97  # that are tried, at quantiles of the logits
_SMOOTHED = 5  # over so many of them F1 is averaged, as a few segments decide where it peaks


@torch.no_grad()
def place_at_best_f1(net: SegmentClassifier, batches: Iterable[tuple[Tensor, Tensor]]) -> list[float]:
    """Shifts each logit of a network, ready for use, by what is returned: 0 is then the threshold of the best F1.

    batches: of sound [segment, samples] and targets [segment, class] that have not taught it.
    """
    answers = [(net(sound), target) for sound, target in batches]
    logits, target = (torch.cat(part).numpy() for part in zip(*answers, strict=True))
    shifts = [-best_f1_threshold(logits[:, column], target[:, column] > 0.5) for column in range(target.shape[1])]
    net.shift_logits(torch.tensor(shifts))
    return shifts


def best_f1_threshold(logits: NDArray[np.float32], there: NDArray[np.bool_]) -> float:
    """The threshold of logits [segment] from which on saying that a class is there gives the best F1, smoothed.

    Zero where the class is never there.
    """
    if not there.any():
        return 0.0
    thresholds = np.quantile(logits, np.linspace(0.02, 0.98, _THRESHOLDS))
    predicted = logits >= thresholds[:, None]
    f1 = 2.0 * (predicted & there).sum(axis=1) / (predicted.sum(axis=1) + there.sum())
    smooth = np.convolve(np.pad(f1, _SMOOTHED // 2, mode="edge"), np.full(_SMOOTHED, 1.0 / _SMOOTHED), mode="valid")
    return float(thresholds[int(smooth.argmax())])
