"""Where things stand between the channels: panning, crosstalk, polarity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params


@dataclass(frozen=True)
class ChannelMixParams(Params):
    gains: NDArray[np.float64]  # [n, channel out, channel in]


class ChannelMix(KeepsTime):
    """Pans each channel anew at constant power and turns the polarity of half of the clips."""

    def __init__(self, channels: int) -> None:
        self.channels = channels

    def draw(self, rng: np.random.Generator, n: int) -> ChannelMixParams:
        gains = np.abs(rng.normal(size=(n, self.channels, self.channels))) + 1e-3
        gains /= np.sqrt((gains**2).sum(axis=1, keepdims=True))
        return ChannelMixParams(gains * rng.choice([-1.0, 1.0], (n, 1, 1)))

    def sound(self, x: Tensor, params: ChannelMixParams) -> Tensor:
        return torch.as_tensor(params.gains.astype(np.float32), device=x.device) @ x
