"""Base classes of effects: settings are drawn, then applied to sound and to its labels.

An effect works on a batch of clips, torch float32 [batch, channel, time], on any device. Its settings for n
clips are one dataclass of numpy arrays of length n, drawn from a numpy Generator, so that they can be written
down and replayed. What one clip sounds like does not depend on the other clips of the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.labels import Labels

P = TypeVar("P")


class Stage(IntEnum):
    """Where in the training chain an effect stands; the stages follow each other as the sound goes."""

    INSTRUMENT = 0
    STUDIO = 1  # effects of this stage, and one room, come in a random order
    ROOM = 2  # alternatives: a clip gets one of them at most
    ENVIRONMENT = 3
    RECORDER = 4
    FILE = 5
    LEVEL = 6


@dataclass(frozen=True)
class InTraining:
    """An effect's place in the chain that networks are trained with (`chains/training.py`).

    share: of the clips that it changes, 0 to 1, where a recipe says nothing else.
    place: its order within the stage. name: by which recipes set the share, where it is not that of the effect.
    optional: left out of the chain and of tables of shares where its share is 0, so that chains of recipes from before
    it was there draw what they drew.
    """

    stage: Stage
    share: float = 0.0
    place: int = 1
    name: str = ""
    optional: bool = False


class Effect(Protocol[P]):
    """One effect. `P` is its dataclass of settings, every array with n as its first length.

    Its class and its file have the name that `discovery.EFFECTS` lists it under. One that networks are trained with has
    a class attribute `training` (`InTraining`), which puts it into their chain.
    """

    @property
    def changes_length(self) -> bool:
        """Whether sound may come out longer or shorter than it went in; then it takes one clip at a time."""
        ...

    def draw(self, rng: np.random.Generator, n: int) -> P:
        """Settings for n clips."""
        ...

    def sound(self, x: Tensor, params: P) -> Tensor:
        """x [batch, channel, time] with the settings applied; x itself stays as it is.

        Of the same shape, or [1, channel, another time] for [1, channel, time] if `changes_length`.
        """
        ...

    def labels(self, labels: Labels, params: P) -> Labels:
        """The labels of the changed sound; `clip` counts the clips that the settings were drawn for."""
        ...


class KeepsTime:
    """Mixin of the effects that leave the direct sound where it is: their labels stay."""

    changes_length = False

    def labels(self, labels: Labels, params: Any) -> Labels:
        del params
        return labels


@dataclass(frozen=True)
class Params:
    """Base of the settings: plain arrays that turn into JSON and back without loss."""

    kinds: ClassVar[dict[str, type[Params]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Params.kinds[cls.__name__] = cls

    def to_dict(self) -> dict[str, Any]:
        arrays = {field.name: _array_to_dict(getattr(self, field.name)) for field in fields(self)}
        return {"kind": type(self).__name__, "arrays": arrays}

    def of_clip(self, clip: int) -> Self:
        """The settings of one clip, as those of a batch of one."""
        return self.of_clips(clip, clip + 1)

    def of_clips(self, first: int, last: int) -> Self:
        """The settings of clips first to last - 1, as those of a batch of these."""
        return type(self)(**{field.name: getattr(self, field.name)[first:last] for field in fields(self)})

    def to_plain(self) -> dict[str, Any]:
        """The settings of one clip, for people to read: numbers and lists of them."""
        return {field.name: getattr(self, field.name)[0].tolist() for field in fields(self)}

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> Self:
        """What `to_plain` gave, without loss. Raises TypeError for other names."""
        return cls(**{name: np.array([value]) for name, value in values.items()})

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        arrays = {name: _array_from_dict(array) for name, array in values["arrays"].items()}
        return cls(**arrays)


def _array_to_dict(array: NDArray[Any]) -> dict[str, Any]:
    dtype = "str" if array.dtype.kind == "U" else array.dtype.name
    return {"dtype": dtype, "shape": list(array.shape), "values": array.ravel().tolist()}


def _array_from_dict(values: dict[str, Any]) -> NDArray[Any]:
    return np.array(values["values"], dtype=values["dtype"]).reshape(values["shape"])


def per_clip(values: NDArray[Any], like: Tensor) -> Tensor:
    """One number a clip, as float32 [batch, 1, 1] on the device of `like`."""
    return torch.as_tensor(np.asarray(values, np.float32), device=like.device)[:, None, None]


def rms(x: Tensor) -> Tensor:
    """Root mean square over channels and time, [batch, 1, 1]."""
    return x.square().mean(dim=(-2, -1), keepdim=True).sqrt()


def from_db(level_db: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(10.0 ** (np.asarray(level_db, np.float64) / 20.0), np.float64)


def log_uniform(rng: np.random.Generator, bounds: tuple[float, float], n: int) -> NDArray[np.float64]:
    """n numbers between bounds above 0, every ratio equally likely."""
    return np.asarray(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]), n)), np.float64)
