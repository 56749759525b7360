"""The value of a sound between its samples."""

from __future__ import annotations

import torch
from torch import Tensor


def linear(x: Tensor, position: Tensor) -> Tensor:
    """x [batch, channel, time] at positions [batch, out] in samples, none past the end; 0 before 0."""
    padded = torch.nn.functional.pad(x, (1, 1))  # a 0 in front, and a neighbour for the last sample
    shifted = (position + 1.0).clamp_min(0.0)
    index = shifted.long()
    share = (shifted - index)[:, None]
    index = index[:, None].expand(-1, x.shape[1], -1)
    left = padded.gather(-1, index)
    return left + (padded.gather(-1, index + 1) - left) * share
