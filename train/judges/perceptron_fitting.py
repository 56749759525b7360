"""Fits perceptrons to tables: features of candidates in, one number of each out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.train.recipe import JudgeTraining
from mp3tomidi.transcribe.networks.perceptron import Perceptron

Fitted = TypeVar("Fitted", bound=Perceptron)


def fit(
    new_network: Callable[[], Fitted],
    features: NDArray[np.float16],
    target: NDArray[np.float32],
    clip: NDArray[np.int32],
    training: JudgeTraining,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    describe: Callable[[Tensor, Tensor], str],
    report: Callable[[str], None],
) -> Fitted:
    """A network fitted to the target [rows] of features [rows, feature], the rate falling to zero.

    The last clips are held out; after each epoch the report is what `describe` says of the answers and the targets
    there.
    """
    torch.manual_seed(training.seed)
    network = new_network()
    rng = np.random.default_rng(training.seed)
    network.mean.copy_(torch.from_numpy(features.mean(axis=0, dtype=np.float64)))
    network.deviation.copy_(torch.from_numpy(features.std(axis=0, dtype=np.float64) + 1e-3))
    is_held_out = clip >= training.clips * (1.0 - training.held_out_share)
    held_out, taught = np.flatnonzero(is_held_out), np.flatnonzero(~is_held_out)
    steps_an_epoch = -(-len(taught) // training.batch_candidates)
    optimizer = torch.optim.AdamW(network.parameters(), training.learning_rate, weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, training.epochs * steps_an_epoch)

    def answers(rows: NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        return network(torch.from_numpy(features[rows].astype(np.float32))), torch.from_numpy(target[rows])

    for epoch in range(training.epochs):
        network.train()
        for rows in np.array_split(rng.permutation(taught), steps_an_epoch):
            loss = loss_of(*answers(rows))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.inference_mode():
            found = describe(*answers(held_out)) if len(held_out) else "no clips held out"
        report(f"epoch {epoch + 1} of {training.epochs}: {found}")
    return network
