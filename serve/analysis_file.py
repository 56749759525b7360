"""Writes a recording's analysis to a file and reads it, so that notes are decoded again without running the networks.

Every field of the dataclasses that it is made of becomes an array of an npz archive; which ones these are is read from
their definitions, so that a new field needs nothing here. Not compressed: it is read more often than it is written.
"""

from __future__ import annotations

import types
import typing
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.notes.melody import PitchTrack
from mp3tomidi.transcribe.outputs.files import written_beside
from mp3tomidi.transcribe.transcriber import Analysis

Kept = TypeVar("Kept", Analysis, PitchTrack)


def write(analysis: Analysis | PitchTrack, path: Path) -> None:
    """Raises OutputError."""
    arrays: dict[str, Any] = _arrays(analysis, "")
    with written_beside(path) as beside, beside.open("wb") as file:
        np.savez(file, **arrays)


def read(kind: type[Kept], path: Path) -> Kept:
    """Raises OSError, KeyError or ValueError where the file is not what `write` has written of that kind."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            kept: Kept = _built(kind, {name: archive[name] for name in archive.files}, "")
            return kept
    except (EOFError, zipfile.BadZipFile) as error:  # which are neither OSError nor ValueError
        raise ValueError(f"{path.name} is cut off or damaged") from error


def _arrays(value: Any, name: str) -> dict[str, NDArray[Any]]:
    if value is None:
        return {}
    if not is_dataclass(value):
        return {name: np.asarray(value)}
    result = {}
    for field in fields(value):
        result.update(_arrays(getattr(value, field.name), f"{name}.{field.name}".lstrip(".")))
    return result


def _built(kind: Any, arrays: Mapping[str, NDArray[Any]], name: str) -> Any:
    if isinstance(kind, types.UnionType):  # a part that may be missing
        if not any(key == name or key.startswith(f"{name}.") for key in arrays):
            return None
        kind = next(one for one in typing.get_args(kind) if one is not type(None))
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        made = {f.name: _built(hints[f.name], arrays, f"{name}.{f.name}".lstrip(".")) for f in fields(kind)}
        return kind(**made)  # type: ignore[operator]
    array = arrays[name]
    return array if array.ndim else kind(array)
