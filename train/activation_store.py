"""Keep what a network heard on disk, so that trying another decoding needs no second listening."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Activations = TypeVar("Activations", bound="DataclassInstance")


def stored(hear: Callable[[Path], Activations], kind: type[Activations], folder: Path) -> Callable[[Path], Activations]:
    """`hear`, but what it returned for a sound file before is read from `folder` instead of heard again.

    `kind` is the dataclass that `hear` returns, made of arrays and numbers. A file that was changed since is
    heard again. The network is not part of the key: use a folder for each set of weights.
    """

    def heard(sound: Path) -> Activations:
        state = sound.stat()
        key = sha256(f"{sound.resolve()}\n{state.st_size}\n{state.st_mtime_ns}".encode()).hexdigest()[:16]
        path = folder / f"{sound.stem}-{key}.npz"
        if path.exists():
            with np.load(path) as arrays:
                return kind(**{name: array if array.ndim else array.item() for name, array in arrays.items()})
        activations = hear(sound)
        folder.mkdir(parents=True, exist_ok=True)
        being_written = path.with_suffix(".part")
        with being_written.open("wb") as file:
            np.savez(file, **{field.name: getattr(activations, field.name) for field in fields(activations)})
        being_written.replace(path)  # all or nothing, should it be interrupted
        return activations

    return heard
