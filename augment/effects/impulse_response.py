"""Convolution with recorded impulse responses: rooms, plates, loudspeakers, from a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, from_db
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.signal.convolution import convolve
from mp3tomidi.augment.effects.signal.sound_folder import SoundFolder

DIRECT_SHARE = 0.5  # of the peak: the first sample over it is the direct sound
DIRECT_S = 0.0025  # what comes within this time of it belongs to it


@dataclass(frozen=True)
class ImpulseResponseRanges(Ranges):
    folder: str = ""  # of the responses, searched with its sub-folders
    reverberant_db: Annotated[Span, Limits(-60.0, 20.0)] = (-12.0, 3.0)  # gain of what follows the direct sound


@dataclass(frozen=True)
class ImpulseResponseParams(Params):
    file: NDArray[np.str_]
    sha256: NDArray[np.str_]
    reverberant_db: NDArray[np.float64]


class ImpulseResponse(KeepsTime):
    """The direct sound of a response is moved to time 0, so that labels stay, and scaled to 1."""

    def __init__(self, sample_rate: int, ranges: ImpulseResponseRanges = ImpulseResponseRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges
        self._responses = SoundFolder(ranges.folder, sample_rate, "impulse_response")

    def draw(self, rng: np.random.Generator, n: int) -> ImpulseResponseParams:
        file, sha256 = self._responses.draw(rng, n)
        return ImpulseResponseParams(file, sha256, rng.uniform(*self.ranges.reverberant_db, n))

    def response(self, file: str, sha256: str, reverberant_db: float) -> NDArray[np.float32]:
        """The response [taps] of a file as it is used."""
        recorded = self._responses.sound(file, sha256)
        level = np.abs(recorded)
        start = int(np.argmax(level >= DIRECT_SHARE * level.max()))
        response: NDArray[np.float32] = (
            recorded[start:] / level[start : start + round(DIRECT_S * self.sample_rate)].max()
        )
        response[round(DIRECT_S * self.sample_rate) :] *= np.float32(from_db(np.array(reverberant_db)))
        return response

    def sound(self, x: Tensor, params: ImpulseResponseParams) -> Tensor:
        changed = []
        for clip, (file, sha256) in enumerate(zip(params.file, params.sha256, strict=True)):
            response = self.response(str(file), str(sha256), float(params.reverberant_db[clip]))[: x.shape[-1]]
            kernel = torch.from_numpy(response).to(x.device)
            changed.append(convolve(x[clip : clip + 1], kernel[None]))
        return torch.cat(changed) if changed else x.clone()
