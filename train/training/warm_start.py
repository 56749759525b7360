"""Resumes a run with a larger network: old weights are taken over, and the outputs stay equal.

A wider layer keeps its old corner; weights of old channels from new ones start at zero, while the new ones
stay as they were initialised, so that they differ and learn (compare Net2Net, Chen et al. 2016, which splits
channels instead). A further block adds nothing at first, since its last convolution is zero. So the grown network
says what the old one said, as long as old and new agree in the input of the stem.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mp3tomidi.train.training.loop import Progress, Trainer
from mp3tomidi.transcribe.networks import checkpoint

_ADDED_BY_BLOCK = ".pitch.weight"  # the last layer of a residual block
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # of a network's state, what is not taught


def warm_start(trainer: Trainer, state: dict[str, Any]) -> None:
    """Loads a run's state whose network may be of another size.

    Where all sizes agree, that is all of it. Otherwise the averaged weights start anew, and the optimizer goes on where
    it knows something, so that a larger network is compared with one that differs from it in size only.
    """
    fresh = trainer.net.state_dict()
    old = state["net"]
    if {name: value.shape for name, value in old.items()} == {name: value.shape for name, value in fresh.items()}:
        trainer.load(state)
        return
    trainer.net.load_state_dict(grown(old, fresh))
    _grow_optimizer(trainer, [name for name in old if not name.endswith(_STATISTICS)], state["optimizer"]["state"])
    trainer.progress = Progress(**state["progress"])


def begin_with(trainer: Trainer, weights: Path) -> None:
    """Loads the network in a folder of weights, which may be smaller than the trainer's; all else begins anew.

    Raises WeightsError.
    """
    net = checkpoint.load(trainer.training.network.network_class(), weights)
    trainer.net.load_state_dict(grown(net.state_dict(), trainer.net.state_dict()))


def grown(old: Mapping[str, Tensor], fresh: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a new network (`fresh` as initialised) that take over those of an old one, by name.

    Zero where an old row meets a new column.
    """
    weights = {}
    for name, value in fresh.items():
        weights[name] = value.clone()
        if name in old and old[name].ndim == value.ndim:
            if value.ndim > 1:
                weights[name][: len(old[name])] = 0.0
            weights[name] = _with_corner(weights[name], old[name])
        elif name.endswith(_ADDED_BY_BLOCK):
            weights[name].zero_()
    return weights


def _grow_optimizer(trainer: Trainer, old_names: list[str], moments: Mapping[int, Mapping[str, Tensor]]) -> None:
    """Takes over AdamW's moments; new cells of a known weight move as fast as its others do on average."""
    index = {name: i for i, name in enumerate(old_names)}
    for name, weight in trainer.net.named_parameters():
        known = moments.get(index.get(name, -1))
        if known is None or known["exp_avg"].ndim != weight.ndim:
            continue
        mean, square = known["exp_avg"], known["exp_avg_sq"]
        trainer.optimizer.state[weight] = {
            "step": known["step"].clone(),
            "exp_avg": _with_corner(torch.zeros_like(weight), mean),
            "exp_avg_sq": _with_corner(torch.full_like(weight, square.mean().item()), square),
        }


def _with_corner(value: Tensor, old: Tensor) -> Tensor:
    """`value` with the cells that both have taken from `old`."""
    corner = tuple(slice(min(sizes)) for sizes in zip(old.shape, value.shape, strict=True))
    result = value.detach().clone()
    result[corner] = old[corner]
    return result
