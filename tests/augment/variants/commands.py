"""`mp3tomidi-augment` as a user types it, what it is given and what it writes."""

from pathlib import Path
from typing import Any

import numpy as np

from mp3tomidi.augment import cli
from mp3tomidi.augment.variants import manifest

RATE = 16000
ONSET_S = 0.1


def tone(pitch: int, seconds: float = 0.4) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE - ONSET_S
    return np.where(time_s > 0, 0.4 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time_s), 0.0)


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def rows(out: Path) -> list[dict[str, Any]]:
    return list(manifest.read_rows(out / manifest.NAME))
