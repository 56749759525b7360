"""The learning rate: warm-up, a constant rate for as long as one likes, and a cool-down from any point of it.

A run whose length is not known beforehand still ends well this way (Hägele et al. 2024, "Scaling laws and
compute-optimal training beyond fixed training durations": 10 to 20 % of the steps, falling as 1 - sqrt).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CoolDown:
    """The last part of a run: from step `start` on, `steps` long."""

    start: int
    steps: int

    @property
    def end(self) -> int:
        return self.start + self.steps


def learning_rate(step: int, peak: float, warm_up_steps: int, cool_down: CoolDown | None = None) -> float:
    """The rate of step `step` (counted from 0)."""
    rate = peak * min(1.0, (step + 1) / max(1, warm_up_steps))
    if cool_down and step >= cool_down.start:
        progress = (step - cool_down.start) / max(1, cool_down.steps)
        rate *= max(0.0, 1.0 - progress**0.5)
    return rate
