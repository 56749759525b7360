"""Butterworth filters by audiomentations (those of SciPy)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mp3tomidi.augment.effects.audiomentations.transform import transformed
from mp3tomidi.augment.effects.filter import Filter, FilterParams

DB_AN_OCTAVE = 6  # of each order


class AudiomentationsFilter(Filter):
    """Low-pass, high-pass, band-pass or telephone band."""

    def sound(self, x: Tensor, params: FilterParams) -> Tensor:
        return filtered(x, params, self.sample_rate)


def filtered(x: Tensor, params: FilterParams, sample_rate: int) -> Tensor:
    """x [batch, channel, time] through the edges of each clip; one above half the rate is left out."""
    from audiomentations import HighPassFilter, LowPassFilter

    high_pass, low_pass = HighPassFilter(p=1.0), LowPassFilter(p=1.0)
    changed = [x[:0]]
    for clip in range(len(x)):
        y = x[clip : clip + 1]
        edges: list[tuple[Any, float, int]] = [
            (high_pass, float(params.high_pass_hz[clip]), int(params.high_pass_order[clip])),
            (low_pass, float(params.low_pass_hz[clip]), int(params.low_pass_order[clip])),
        ]
        for transform, hz, order in edges:
            if order and hz < sample_rate / 2:
                y = transformed(y, sample_rate, transform, cutoff_freq=hz, rolloff=DB_AN_OCTAVE * order)
        changed.append(y)
    return torch.cat(changed)
