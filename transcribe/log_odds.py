"""Log odds of probabilities, kept finite."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def log_odds(probability: NDArray[np.floating[Any]], margin: float) -> NDArray[np.floating[Any]]:
    """log(p / (1 - p)) in the precision of `probability`, which is kept `margin` away from 0 and 1.

    Not scipy.special.logit, which differs in the last bits near one half: networks are given features to the bit as
    they were when these networks were trained.
    """
    bounded = np.clip(probability, margin, 1.0 - margin)
    return np.asarray(np.log(bounded / (1.0 - bounded)))
