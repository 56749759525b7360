"""Tables of text: cells separated by tabs, with empty lines and lines that begin with # left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import LabelsError

WRITTEN_DECIMALS = 5  # of the seconds of rendered tables: finer than a sample


def read_lines(path: Path) -> list[tuple[int, list[str]]]:
    """Cells of the lines that hold any, with the numbers of the lines. Raises LabelsError."""
    return [
        (number, line.split("\t"))
        for number, line in enumerate(read_text(path).splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]


def read_timed(path: Path, expected: str, *, blanks: bool = False) -> tuple[list[float], list[list[str]]]:
    """Times in seconds, which the first column holds, and all cells of each line.

    blanks: whether lines without tabs are parted at blanks. Raises LabelsError with file, line number and what was
    `expected` there.
    """
    times_s, rows = [], []
    for number, cells in read_lines(path):
        row = cells[0].split() if blanks and len(cells) == 1 else cells
        try:
            times_s.append(finite(row[0]))
        except ValueError as error:
            raise LabelsError(f"{path}, line {number}: expected {expected}") from error
        rows.append(row)
    return times_s, rows


def retimed(rows: Sequence[list[str]], numbers: NDArray[np.integer[Any]], times_s: NDArray[np.floating[Any]]) -> bytes:
    """The table of the rows with these numbers, at other times."""
    pairs = zip(numbers.tolist(), times_s.tolist(), strict=True)
    return to_bytes([[seconds(time_s), *rows[number][1:]] for number, time_s in pairs])


def read_text(path: Path) -> str:
    """A file in UTF-8, without the mark that some programs put first. Raises LabelsError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LabelsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path}: not text in UTF-8; save it as that") from error


def finite(text: str) -> float:
    """A number that is one. Raises ValueError."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def to_bytes(lines: list[list[str]]) -> bytes:
    return "".join("\t".join(cells) + "\n" for cells in lines).encode()


def seconds(time_s: float, decimals: int = 6) -> str:
    return f"{time_s:.{decimals}f}"
