"""NAME.drums.tsv: time s and what is struck; further columns are kept as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.label_files import tables
from mp3tomidi.augment.label_files.label_file import hits_of
from mp3tomidi.augment.labels import Labels
from mp3tomidi.transcribe.errors import LabelsError

ENDING = ".drums.tsv"


@dataclass(frozen=True)
class DrumsTsv:
    path: Path
    labels: Labels
    cells: list[list[str]]

    def moved(self, labels: Labels, duration_s: float) -> bytes:
        del duration_s
        return tables.to_bytes(
            [[tables.seconds(hit["onset_s"]), *self.cells[int(hit["key"])][1:]] for hit in labels.drum_hits]
        )


def read(path: Path) -> DrumsTsv:
    """Raises LabelsError with file and line number."""
    times_s, cells = [], []
    for number, line in tables.read_lines(path):
        try:
            times_s.append(tables.finite(line[0]))
        except ValueError as error:
            raise LabelsError(f"{path}, line {number}: expected a time, a tab and what is struck") from error
        cells.append(line)
    return DrumsTsv(path, hits_of(times_s), cells)
