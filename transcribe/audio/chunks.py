"""What the two decoders of sound files share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MP3_DELAY = 1105  # samples: LAME's encoder adds 576, every decoder 529 (https://lame.sourceforge.io/tech-FAQ.txt)
MP2_DELAY = 481  # samples: of the filter banks of encoder and decoder

Chunk = tuple[int, NDArray[np.float32]]
"""Sample rate in Hz, and samples [channels, frames]. Rate and channels stay the same throughout a file."""


def in_one_line(error: Exception) -> str:
    """What a library says went wrong, fit to stand in brackets within a message."""
    words = getattr(error, "strerror", None) or str(error)  # the latter may hold a number and the name of the file
    return " ".join(words.split()).removeprefix("Error : ").rstrip(".")
