"""Makes labelled sound out of instrument samples.

    from mp3tomidi.augment import Compose, Step

The names below are loaded when they are first used, so that the command line's help does not wait for torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mp3tomidi.transcribe.lazy import lazily

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


__getattr__, __dir__ = lazily(__name__, _HOMES)
