"""The colour of an instrument, microphone or loudspeaker: a smooth random curve over frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage
from mp3tomidi.augment.effects.ranges import Limits, Ranges
from mp3tomidi.augment.effects.signal.convolution import convolve, fir_frequencies_hz, minimum_phase_fir

BAND_CENTRES_HZ = 62.5 * 2.0 ** np.arange(8)  # an octave apart, up to 8 kHz


@dataclass(frozen=True)
class EqualiserRanges(Ranges):
    gain_std_db: Annotated[float, Limits(0.0, 15.0)] = 5.0  # standard deviation of each band


@dataclass(frozen=True)
class EqualiserParams(Params):
    gains_db: NDArray[np.float64]  # [n, 8], at BAND_CENTRES_HZ


class Equaliser(KeepsTime):
    """Eight octave bands with independent gains, joined by raised cosines over log frequency."""

    training = InTraining(Stage.STUDIO, share=0.8)

    def __init__(self, sample_rate: int, ranges: EqualiserRanges = EqualiserRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> EqualiserParams:
        return EqualiserParams(rng.normal(0.0, self.ranges.gain_std_db, (n, len(BAND_CENTRES_HZ))))

    def response_db(self, frequencies_hz: Tensor, params: EqualiserParams) -> Tensor:
        """The drawn curves [batch, frequency] in dB; flat below the first centre and above the last."""
        gains_db = torch.as_tensor(params.gains_db.astype(np.float32), device=frequencies_hz.device)
        position = (frequencies_hz.clamp_min(1.0) / BAND_CENTRES_HZ[0]).log2()
        position = position.clamp(0.0, len(BAND_CENTRES_HZ) - 1.0)
        band = position.long().clamp_max(len(BAND_CENTRES_HZ) - 2)
        share = 0.5 - 0.5 * torch.cos(torch.pi * (position - band))
        return gains_db[:, band] * (1.0 - share) + gains_db[:, band + 1] * share

    def sound(self, x: Tensor, params: EqualiserParams) -> Tensor:
        response_db = self.response_db(fir_frequencies_hz(self.sample_rate, x.device), params)
        return convolve(x, minimum_phase_fir(10.0 ** (response_db / 20.0)))
