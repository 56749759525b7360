"""NAME.beats or NAME.beats.tsv: time s and, if they are known, the place of the beat in its bar, counted from 1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.label_files import tables
from mp3tomidi.augment.label_files.label_file import instants_of
from mp3tomidi.augment.labels import Labels

ENDINGS = (".beats.tsv", ".beats")


@dataclass(frozen=True)
class BeatsTsv:
    path: Path
    labels: Labels
    cells: list[list[str]]

    def moved(self, labels: Labels, duration_s: float) -> bytes:
        del duration_s
        return tables.retimed(self.cells, labels.instants["number"], labels.instants["time_s"])


def read(path: Path) -> BeatsTsv:
    """Raises LabelsError with file and line number."""
    times_s, cells = tables.read_timed(path, "the time of a beat and its place in the bar", blanks=True)
    return BeatsTsv(path, instants_of(times_s), cells)
