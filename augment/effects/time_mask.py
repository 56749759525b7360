"""Time mask: moments of silence, as of a bad line or a lost packet; and what labels say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import Params, per_clip
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.labels import Labels

FADE_S = 0.002  # at the edges, or each would be a click


@dataclass(frozen=True)
class TimeMaskRanges(Ranges):
    every_s: Annotated[Span, Limits(0.2, 60.0)] = (0.6, 4.0)
    length_s: Annotated[Span, Limits(0.01, 0.15)] = (0.02, 0.12)


@dataclass(frozen=True)
class TimeMaskParams(Params):
    every_s: NDArray[np.float64]
    length_s: NDArray[np.float64]
    first_s: NDArray[np.float64]  # start of the first silence, the others follow every so often


class TimeMask:
    """A silence every so often. A note that lies in one is dropped, one that begins in it begins when it is over."""

    changes_length = False

    def __init__(self, sample_rate: int, ranges: TimeMaskRanges = TimeMaskRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> TimeMaskParams:
        every_s = rng.uniform(*self.ranges.every_s, n)
        return TimeMaskParams(every_s, rng.uniform(*self.ranges.length_s, n), rng.random(n) * every_s)

    def sound(self, x: Tensor, params: TimeMaskParams) -> Tensor:
        time_s = torch.arange(x.shape[-1], device=x.device) / self.sample_rate
        every_s, length_s, first_s = (
            per_clip(values, x) for values in (params.every_s, params.length_s, params.first_s)
        )
        since_s = torch.remainder(time_s - first_s, every_s)  # since a silence began
        outside_s = torch.maximum(since_s - length_s, torch.zeros_like(since_s))
        outside_s = torch.where(since_s > length_s, torch.minimum(outside_s, every_s - since_s), 0.0)
        gain = (outside_s / FADE_S).clamp(0.0, 1.0)
        return x * torch.where(time_s < first_s - FADE_S, 1.0, gain)

    def labels(self, labels: Labels, params: TimeMaskParams) -> Labels:
        notes = labels.notes.copy()
        onset_until_s, _ = _silence_at(notes["onset_s"], notes["clip"], params)
        _, offset_since_s = _silence_at(notes["offset_s"], notes["clip"], params)
        notes["onset_s"] = np.fmax(notes["onset_s"], onset_until_s)
        notes["offset_s"] = np.fmin(notes["offset_s"], offset_since_s)
        hits = labels.drum_hits
        hit_until_s, _ = _silence_at(hits["onset_s"], hits["clip"], params)
        return Labels(notes[notes["offset_s"] > notes["onset_s"]], hits[np.isnan(hit_until_s)], labels.instants)


def _silence_at(
    time_s: NDArray[np.float64], clip: NDArray[np.int32], params: TimeMaskParams
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """End and start of the silence that each time lies in, NaN where it lies in none."""
    since_first_s = time_s - params.first_s[clip]
    start_s = time_s - np.mod(since_first_s, params.every_s[clip])
    inside = (since_first_s >= 0.0) & (time_s - start_s < params.length_s[clip])
    return np.where(inside, start_s + params.length_s[clip], np.nan), np.where(inside, start_s, np.nan)
