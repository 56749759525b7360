"""Goes on with a run although the network's size was changed: what fits is taken over, and the outputs stay equal.

A wider layer keeps its old corner; what the old channels would hear of new ones starts at zero, while the new ones
hear as they were initialised, so that they differ and learn (compare Net2Net, Chen et al. 2016, which splits
channels instead). A further block adds nothing at first, since its last convolution is zero. So the grown network
says what the old one said, as long as old and new agree in what the stem sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mp3tomidi.train.loop import Progress, Trainer

_ADDED_BY_BLOCK = ".pitch.weight"  # the last layer of a residual block


def warm_start(trainer: Trainer, state: dict[str, Any]) -> None:
    """Loads a run's state whose network may be of another size.

    Where all sizes agree, that is all of it. Otherwise the averaged weights and the optimizer start anew.
    """
    fresh = trainer.net.state_dict()
    old = state["net"]
    if {name: value.shape for name, value in old.items()} == {name: value.shape for name, value in fresh.items()}:
        trainer.load(state)
        return
    trainer.net.load_state_dict(grown(old, fresh))
    trainer.progress = Progress(**state["progress"])


def grown(old: Mapping[str, Tensor], fresh: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a new network (`fresh` as initialised) that take over those of an old one, by name."""
    weights = {}
    for name, value in fresh.items():
        if name in old and old[name].ndim == value.ndim:
            weights[name] = _grown(old[name], value)
        elif name.endswith(_ADDED_BY_BLOCK):
            weights[name] = value.new_zeros(value.shape)
        else:
            weights[name] = value.clone()
    return weights


def _grown(old: Tensor, fresh: Tensor) -> Tensor:
    """The common corner from `old`; zero where an old row meets a new column; the rest as initialised."""
    corner = tuple(slice(min(sizes)) for sizes in zip(old.shape, fresh.shape, strict=True))
    result = fresh.clone()
    if result.ndim > 1:
        result[corner[0]] = 0.0
    result[corner] = old[corner]
    return result
