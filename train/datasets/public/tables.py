"""Tables of data sets: CSV with a row of names, JSON, and lines of numbers."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import LabelsError


def read_csv(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file whose first row names its columns. Raises LabelsError, also where a column is missing."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            there = reader.fieldnames or ()
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelsError(f"{path}: cannot be read ({error})") from error
    if missing := [name for name in columns if name not in there]:
        raise LabelsError(f"{path}: has no column {missing[0]!r}; copy the data set's own table again")
    if damaged := [number for number, row in enumerate(rows, start=2) if None in row.values()]:
        raise LabelsError(f"{path}, line {damaged[0]}: too few columns; copy the data set's own table again")
    return rows


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises LabelsError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # ValueError: neither UTF-8 nor JSON
        raise LabelsError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(content, dict):
        raise LabelsError(f"{path}: holds no object; copy the data set's own file again")
    return content


def read_numbers(path: Path, columns: int, *, delimiter: str | None = None, skip: int = 0) -> NDArray[np.float64]:
    """[rows, columns]: the first columns of lines of finite numbers, after `skip` lines. Raises LabelsError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [[float(cell) for cell in line.split(delimiter)[:columns]] for line in lines[skip:] if line.strip()]
        numbers = np.array(rows, np.float64).reshape(-1, columns)
    except (OSError, ValueError) as error:
        raise LabelsError(f"{path}: not lines of {columns} numbers ({error})") from error
    if not np.isfinite(numbers).all():
        raise LabelsError(f"{path}: holds what is no number")
    return numbers
