"""A clip made longer or shorter at the same pitch, by Signalsmith Stretch (the package python-stretch).

Its own pitch shift is off by up to 40 cents for low tones, its stretch by 0; so a shift is a stretch, resampled.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mp3tomidi.augment.effects.requirements import require_package

BLOCK_S = 0.06  # twice as much, and what comes before a stroke sounds up to 3 ms early
BLOCKS_A_BLOCK = 4  # overlap


def require() -> None:
    """Raises MissingError without the package."""
    require_package("python_stretch", "stretching (pitch_shift, time_stretch)", "mp3tomidi[train]")


def stretched(x: Tensor, speed: float, sample_rate: int) -> Tensor:
    """x [1, channel, time] as [1, channel, time / speed], rounded."""
    from python_stretch.Signalsmith import Stretch

    if speed == 1.0:
        return x.clone()
    block = round(BLOCK_S * sample_rate)
    stretch = Stretch()
    stretch.configure(x.shape[1], block, block // BLOCKS_A_BLOCK)
    stretch.timeFactor = speed
    # what is shorter than a block is followed by silence, which it needs to look ahead
    samples = x.shape[-1]
    padded = torch.nn.functional.pad(x, (0, max(0, 2 * block - samples)))
    y = stretch.process(np.ascontiguousarray(padded[0].cpu().numpy()))
    long, wanted = torch.from_numpy(np.ascontiguousarray(y)).to(x.device)[None], round(samples / speed)
    return torch.nn.functional.pad(long, (0, max(0, wanted - long.shape[-1])))[..., :wanted]
