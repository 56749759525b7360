"""Makes labelled sound out of instrument samples.

    from mp3tomidi.augment import Compose, Step

The names below are loaded when they are first used, so that the command line's help does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mp3tomidi.augment.compose import Compose
    from mp3tomidi.augment.datasets import AugmentedDataset, AugmentingCollate
    from mp3tomidi.augment.labels import Labels
    from mp3tomidi.augment.recipe import Step, any_order, one_of

__all__ = ["AugmentedDataset", "AugmentingCollate", "Compose", "Labels", "Step", "any_order", "one_of"]

_HOMES = {
    "AugmentedDataset": "datasets",
    "AugmentingCollate": "datasets",
    "Compose": "compose",
    "Labels": "labels",
    "Step": "recipe",
    "any_order": "recipe",
    "one_of": "recipe",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
