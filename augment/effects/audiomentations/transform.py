"""A transform of audiomentations with settings that we have drawn: its own global random state is not asked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mp3tomidi.augment.effects.requirements import require_package

EXTRA = "mp3tomidi[audiomentations]"


def require() -> None:
    """Raises MissingError without the packages of its extra."""
    for module in ("audiomentations", "fast_mp3_augment", "pyroomacoustics"):
        require_package(module, 'engine = "audiomentations"', EXTRA)


def transformed(x: Tensor, sample_rate: int, transform: Any, **parameters: Any) -> Tensor:
    """x [1, channel, time] after a transform with these parameters; as long as it makes it."""
    transform.parameters = {"should_apply": True, **parameters}
    transform.freeze_parameters()  # or it would draw others
    y = transform(np.ascontiguousarray(x[0].cpu().numpy()), sample_rate)
    return torch.from_numpy(np.ascontiguousarray(np.atleast_2d(y), np.float32)).to(x.device)[None]


@contextmanager
def global_seeds(seed: int) -> Iterator[None]:
    """What draws from Python's and NumPy's global generators draws by this seed; they are put back afterwards."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002
