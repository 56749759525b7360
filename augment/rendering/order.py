"""Order of a rendered set: its settings, and the songs that follow from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.label_files import midi
from mp3tomidi.transcribe.errors import LabelsError

CACHE_NAME = ".banks"


@dataclass(frozen=True)
class Order:
    """What is asked for. Paths are as they were given."""

    midi: tuple[str, ...]  # files and folders
    written: int  # songs that the engine writes
    instruments: tuple[str, ...]
    copies: int  # of each MIDI file, with other instruments
    duration_s: float  # of what is written
    seed: int
    sample_rate: int | None  # Hz; None: what all instruments fill
    format: str
    layout: str
    stems: bool


@dataclass(frozen=True)
class Job:
    """One song: its number in the set, its name, and the MIDI file, None for one that is written."""

    number: int
    name: str
    midi: Path | None


def plan(order: Order) -> list[Job]:
    """All songs of a set, in order. Raises LabelsError for MIDI files that are not there."""
    files = [file for given in order.midi for file in _midi_files(Path(given))]
    titles: list[tuple[Path | None, str]] = [
        (file, re.sub(r"[^\w.-]+", "_", file.stem)[:60]) for file in files for _ in range(order.copies)
    ]
    titles += [(None, "written")] * order.written
    return [
        Job(number, f"Track{number:05d}" if order.layout == "slakh" else f"{number:05d}-{title}", file)
        for number, (file, title) in enumerate(titles, start=1)
    ]


def cache_of(out: Path) -> Path:
    """Where the banks lie that are made of samples on the way to a set."""
    return out / CACHE_NAME


def _midi_files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in midi.ENDINGS and file.is_file())
        if not found:
            raise LabelsError(f"{path}: no MIDI file (.mid, .midi) in this folder or those below it")
        return found
    if not path.is_file():
        raise LabelsError(f"{path}: there is no such MIDI file, check its name")
    return [path]
