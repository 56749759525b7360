"""What the tests of several networks measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

Reach = Callable[[nn.Module, Tensor, Tensor], tuple[int, int]]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """So small networks are quicker where other programs are busy, and learn the same everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def reach_frames() -> Reach:
    """How many frames before and after frame 100 of [batch, view, frames, bin] a network's outputs depend on it."""

    def measure(net: nn.Module, shown: Tensor, level: Tensor) -> tuple[int, int]:
        changed = shown.clone()
        changed[:, :, 100] += 5.0
        with torch.no_grad():
            moved = (net(changed, level) - net(shown, level)).abs().amax(dim=(0, 1, 3)) > 1e-7
        frames = moved.nonzero()[:, 0]
        return int(100 - frames.min()), int(frames.max() - 100)

    return measure
