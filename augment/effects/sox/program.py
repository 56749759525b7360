"""Sound in memory through the program SoX, by the package sox."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mp3tomidi.augment.effects.requirements import require_package, require_program

HEADROOM = 0.25  # peak of what goes in: SoX works in fixed point, and cuts what exceeds it


def require() -> None:
    """Raises MissingError if the program or its package is missing."""
    require_program("sox", 'engine = "sox"', "sox")
    require_package("sox", 'engine = "sox"', "mp3tomidi[sox]")


def through_sox(x: Tensor, sample_rate: int, arguments: Sequence[str | float]) -> Tensor:
    """x [1, channel, time] after effects, as SoX's manual writes them; as long as they make it.

    What goes in peaks at HEADROOM, whatever its level, which the result has again.
    """
    import sox

    peak = float(x.abs().max())
    if peak == 0.0 or not arguments:
        return x.clone()
    transformer = sox.Transformer()
    transformer.effects.extend([word if isinstance(word, str) else f"{word:.6f}" for word in arguments])
    given = np.ascontiguousarray((x[0] * (HEADROOM / peak)).cpu().numpy().T)
    made = np.asarray(transformer.build_array(input_array=given, sample_rate_in=sample_rate), np.float32)
    made = made.reshape(-1, x.shape[1]) * np.float32(peak / HEADROOM)
    return torch.from_numpy(np.ascontiguousarray(made.T)).to(x.device)[None]


def of_length(y: Tensor, samples: int) -> Tensor:
    """y [1, channel, time], cut or followed by silence."""
    return torch.nn.functional.pad(y, (0, max(0, samples - y.shape[-1])))[..., :samples]
