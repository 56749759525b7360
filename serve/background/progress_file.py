"""Progress of a command, written into a file that the server reads."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

_EVERY_S = 0.3


class Counter:
    """Writes {"done": n, "total": n} now and then."""

    def __init__(self, path: Path, total: int) -> None:
        self._path, self._total = path, total
        self._done = 0
        self._written_s = 0.0
        self._write()

    def advance(self, *_: Any) -> None:
        self._done += 1
        if self._done == self._total or time.monotonic() - self._written_s > _EVERY_S:
            self._write()

    def _write(self) -> None:
        self._written_s = time.monotonic()
        write_json({"done": self._done, "total": self._total}, self._path)


def write_json(content: Any, path: Path) -> None:
    """Whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    beside.replace(path)
