"""Trains a PedalNet on the features of rendered piano clips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from mp3tomidi.train.recipe import PedalTraining
from mp3tomidi.train.training.pedal_examples import PedalExamples
from mp3tomidi.transcribe.networks.pedal_net import PedalNet
from mp3tomidi.transcribe.networks.settings import PedalNetSettings


def teach_pedal(
    examples: PedalExamples, settings: PedalNetSettings, training: PedalTraining, report: Callable[[str], None]
) -> PedalNet:
    """A network trained by binary cross entropy, its rate rising and falling to zero once; reports each epoch.

    The last clips are held out, for the report.
    """
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    features, targets = (torch.from_numpy(each.astype(np.float32)) for each in (examples.features, examples.targets))
    held_out = len(features) - round(training.held_out_share * len(features))
    net = PedalNet(settings)
    net.mean.copy_(features[:held_out].mean(dim=(0, 2))[:, None])
    net.deviation.copy_(features[:held_out].std(dim=(0, 2))[:, None] + 1e-3)
    weights = torch.tensor([1.0, *training.edge_weights])[None, :, None]
    steps_an_epoch = -(-held_out // training.batch_clips)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, training.learning_rate, training.epochs * steps_an_epoch, pct_start=training.warm_up_share
    )
    for epoch in range(training.epochs):
        net.train()
        losses = 0.0
        for clips in np.array_split(rng.permutation(held_out), steps_an_epoch):
            loss = _loss(net(features[clips]), targets[clips], weights)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses += loss.item() / steps_an_epoch
        net.eval()
        found = _found(net, features[held_out:], targets[held_out:], weights)
        report(f"epoch {epoch + 1} of {training.epochs}: loss {losses:.4f}, {found}")
    return net


def _loss(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    return (binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights).mean()


def _found(net: PedalNet, features: Tensor, targets: Tensor, weights: Tensor) -> str:
    if not len(features):
        return "no clips held out"
    with torch.inference_mode():
        logits = net(features)
    right = ((logits[:, 0] > 0) == (targets[:, 0] > 0.5)).float().mean().item()
    return f"held-out loss {_loss(logits, targets, weights).item():.4f}, the state right in {100 * right:.1f} %"
