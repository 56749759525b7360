"""NAME.beats or NAME.beats.tsv: time s and, if they are known, the place of the beat in its bar, counted from 1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.label_files import tables
from mp3tomidi.augment.label_files.label_file import instants_of
from mp3tomidi.augment.labels import Labels
from mp3tomidi.transcribe.errors import LabelsError

ENDINGS = (".beats.tsv", ".beats")


@dataclass(frozen=True)
class BeatsTsv:
    path: Path
    labels: Labels
    cells: list[list[str]]

    def moved(self, labels: Labels, duration_s: float) -> bytes:
        del duration_s
        return tables.to_bytes(
            [[tables.seconds(beat["time_s"]), *self.cells[int(beat["number"])][1:]] for beat in labels.instants]
        )


def read(path: Path) -> BeatsTsv:
    """Raises LabelsError with file and line number."""
    times_s, cells = [], []
    for number, line in tables.read_lines(path):
        columns = line if len(line) > 1 else line[0].split()  # .beats files of others have spaces
        try:
            times_s.append(tables.finite(columns[0]))
        except ValueError as error:
            raise LabelsError(f"{path}, line {number}: expected the time of a beat and its place in the bar") from error
        cells.append(columns)
    return BeatsTsv(path, instants_of(times_s), cells)
