from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch


@dataclass
class Step:
    rate: float
    gradient_norm: float


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """The steps that an AdamW takes from here on."""
    taken: list[Step] = []

    class Recorded(torch.optim.AdamW):
        def step(self, closure=None):  # type: ignore[no-untyped-def]
            (group,) = self.param_groups
            gradients = [parameter.grad for parameter in group["params"] if parameter.grad is not None]
            taken.append(Step(group["lr"], float(torch.cat([one.flatten() for one in gradients]).norm())))
            return super().step(closure)

    monkeypatch.setattr(torch.optim, "AdamW", Recorded)
    return taken
