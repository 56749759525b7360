"""Types of arrays: NumPy's, by precision, and sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
Samples = NDArray[np.float32]
"""Sound, [samples] or [channels, samples], full scale at -1 and 1."""
