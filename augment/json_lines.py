"""Manifests: JSON, one object a line.

In ASCII, since names of files and tracks may hold what ends a line, or is no text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mp3tomidi.transcribe.errors import OutputError


def to_line(row: dict[str, Any]) -> bytes:
    return (json.dumps(row) + "\n").encode("ascii")


def append(path: Path, row: dict[str, Any]) -> None:
    """Raises OutputError."""
    try:
        with path.open("ab") as file:
            file.write(to_line(row))
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines, without a last one that an interruption has cut off. Raises OSError."""
    with path.open("rb") as file:
        yield from (line for line in file if line.endswith(b"\n"))
