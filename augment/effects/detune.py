"""Tape speed: a few cents up or down, and the labels with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, Params, Stage
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.fourier import fast_size, irfft, rfft
from mp3tomidi.augment.effects.signal.interpolation import OVERSAMPLING, cubic
from mp3tomidi.augment.labels import Labels, sped_up


@dataclass(frozen=True)
class DetuneRanges(Ranges):
    cents: Annotated[Span, Limits(-50.0, 50.0)] = (-15.0, 15.0)  # further, and the labels' pitch would be another


@dataclass(frozen=True)
class DetuneParams(Params):
    cents: NDArray[np.float64]  # > 0: higher and faster

    @property
    def speed(self) -> NDArray[np.float64]:
        return np.asarray(2.0 ** (self.cents / 1200.0), np.float64)


class Detune:
    """Resampling about time 0, the length kept.

    What a slower clip has too much is cut. A faster clip ends early, 35 ms before 4 s at 15 cents, and goes
    on mirrored, because a cut would sound like an offset.
    """

    training = InTraining(Stage.INSTRUMENT, share=0.3)

    changes_length = False

    def __init__(self, ranges: DetuneRanges = DetuneRanges()) -> None:
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> DetuneParams:
        return DetuneParams(rng.uniform(*self.ranges.cents, n))

    def sound(self, x: Tensor, params: DetuneParams) -> Tensor:
        samples = x.shape[-1]
        beyond = min(samples - 1, int(np.ceil(samples * max(0.0, float(params.speed.max()) - 1.0))) + 4)
        mirrored = torch.nn.functional.pad(x, (0, beyond), mode="reflect")
        size = fast_size(mirrored.shape[-1])
        spectrum = rfft(mirrored, size) * OVERSAMPLING
        fine = irfft(spectrum, size * OVERSAMPLING)
        # float32 has no room for a position of 64,000 samples and its fraction
        sample = torch.arange(samples, device=x.device, dtype=torch.float64)
        speed = torch.as_tensor(params.speed * OVERSAMPLING, device=x.device)
        position = sample * speed[:, None]
        index = position.long()
        share = (position - index).float()[:, None]
        return cubic(fine, index[:, None].expand(-1, x.shape[1], -1), share)

    def labels(self, labels: Labels, params: DetuneParams) -> Labels:
        return sped_up(labels, params.speed)
