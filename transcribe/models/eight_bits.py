"""Tensors and weights in whole numbers of eight bits (Jacob et al. 2018): which steps they are counted in.

A tensor is held as q with value = step * (q - zero) / gain[channel], the step chosen so that its range just fits. The
gains let channels of different reach share a step, wherever what writes and what reads them can be scaled to suit
(Nagel et al. 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 255
# Processors without dot products of bytes add pairs of products up in 16 bits: 255 times this, rounded, must fit.
PAIR_LIMIT = 127.0
_LEAST_SHARE = 1e-3  # a channel that hardly reaches anywhere gets no finer steps than this share of the widest

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """What the numbers of a tensor stand for."""

    step: float
    zero: int
    gain: Floats

    @property
    def of_channels(self) -> Floats:
        return self.step / self.gain


@dataclass(frozen=True)
class Ranges:
    """The lowest and highest values of a tensor's channels [channel]; zero lies between."""

    low: Floats
    high: Floats

    @property
    def reach(self) -> Floats:
        return np.maximum(-self.low, self.high)

    def steps(self, gain: Floats) -> Steps:
        """Steps that cover the ranges when channels are multiplied by their gains."""
        low, high = float((self.low * gain).min()), float((self.high * gain).max())
        step = (high - low) / LEVELS
        return Steps(step, round(-low / step), gain)


def levelling_gain(*tensors: Ranges) -> Floats:
    """What channels [channel] are to be multiplied by so that all of them reach about as far, in all of the tensors."""
    shares = np.mean([ranges.reach / ranges.reach.max() for ranges in tensors], axis=0)
    return np.asarray(1.0 / np.maximum(shares, _LEAST_SHARE))


def whole_weights(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Weights [out, in, time, pitch] as whole numbers, and what one is worth for each output [out].

    No two of neighbouring inputs add up to more than PAIR_LIMIT, rounding apart, so that no processor's sums overflow.
    """
    out, inputs, *kernel = weight.shape
    pairs = np.pad(weight, ((0, 0), (0, inputs % 2), (0, 0), (0, 0))).reshape(out, -1, 2, *kernel)
    largest = np.maximum(np.maximum(pairs, 0.0).sum(axis=2), np.maximum(-pairs, 0.0).sum(axis=2))
    worth = np.maximum(largest.reshape(out, -1).max(axis=1), 1e-12) / PAIR_LIMIT
    return np.rint(weight / worth[:, None, None, None]).astype(np.int8), worth
