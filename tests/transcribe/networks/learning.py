"""A problem that every network of clips must be able to learn: which of two tones sounds."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def two_tones(count: int, samples: int) -> tuple[Tensor, Tensor]:
    """Tones of .05 and .15 of the rate, at any phase and in a little noise, [count, samples], and which each is."""
    which = torch.arange(count) % 2
    frequencies = 0.05 + 0.1 * which  # cycles a sample
    phases = 2 * torch.pi * (frequencies[:, None] * torch.arange(samples) + torch.rand(count, 1))
    return 0.5 * torch.sin(phases) + 0.05 * torch.randn(count, samples), which


def learns_two_tones(net: nn.Module, clips: Callable[[int], tuple[Tensor, Tensor]], steps: int = 25) -> None:
    """Teaches the network on `clips(count)` and asserts that it then tells nearly all new ones."""
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    net.train()
    for _ in range(steps):
        seen, which = clips(16)
        loss = nn.functional.cross_entropy(net(seen), which)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    net.eval()
    with torch.no_grad():
        for module in net.modules():  # statistics that have settled, not those of the first steps
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.reset_running_stats()
                module.momentum = None
                module.train()
        net(clips(64)[0])
        net.eval()
        seen, which = clips(32)
        assert (net(seen).argmax(dim=1) == which).float().mean() >= 0.9


def parameters_without_batch_norm(net: nn.Module) -> int:
    """How many weights and biases there are in convolutions and dense layers."""
    layers = [module for module in net.modules() if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d)]
    return sum(value.numel() for layer in layers for value in layer.parameters())
