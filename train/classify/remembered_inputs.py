"""Inputs of a network that are computed once for each segment: rounds of rendered sound come again in another order."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

import torch
from torch import Tensor


class RememberedInputs:
    """As `inputs_of`, sound [segment, samples] to inputs [segment, ...], which are kept in memory for each segment."""

    def __init__(self, inputs_of: Callable[[Tensor], Tensor]) -> None:
        self._inputs_of = inputs_of
        self._known: dict[bytes, Tensor] = {}

    def __call__(self, sound: Tensor) -> Tensor:
        keys = [blake2b(row.numpy().tobytes(), digest_size=16).digest() for row in sound]
        new = [row for row, key in enumerate(keys) if key not in self._known]
        if new:
            self._known |= zip([keys[row] for row in new], self._inputs_of(sound[new]), strict=True)
        return torch.stack([self._known[key] for key in keys])
