"""Butterworth filters as cascades of SoX's biquads."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mp3tomidi.augment.effects.filter import Filter, FilterParams
from mp3tomidi.augment.effects.sox.program import of_length, through_sox


class SoxFilter(Filter):
    """Low-pass, high-pass, band-pass or telephone band."""

    def sound(self, x: Tensor, params: FilterParams) -> Tensor:
        return filtered(x, params, self.sample_rate)


def filtered(x: Tensor, params: FilterParams, sample_rate: int) -> Tensor:
    """x [batch, channel, time] through the edges of each clip; one above half the rate is left out."""
    changed = [x[:0]]
    for clip in range(len(x)):
        settings = params.of_clip(clip)
        arguments: list[str | float] = []
        for kind, hz, order in (
            ("highpass", settings.high_pass_hz[0], settings.high_pass_order[0]),
            ("lowpass", settings.low_pass_hz[0], settings.low_pass_order[0]),
        ):
            if hz < sample_rate / 2:
                arguments += _cascade(kind, float(hz), int(order))
        changed.append(of_length(through_sox(x[clip : clip + 1], sample_rate, arguments), x.shape[-1]))
    return torch.cat(changed)


def butterworth_qualities(order: int) -> list[float]:
    """Q of each pair of poles of a Butterworth filter; one of odd order has a single pole besides."""
    return [1.0 / (2.0 * math.sin(math.pi * (2 * pair + 1) / (2 * order))) for pair in range(order // 2)]


def _cascade(kind: str, hz: float, order: int) -> list[str | float]:
    pairs = [word for quality in butterworth_qualities(order) for word in (kind, "-2", hz, f"{quality:.6f}q")]
    return [*pairs, kind, "-1", hz] if order % 2 else pairs
