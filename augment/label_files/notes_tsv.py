"""NAME.notes.tsv: onset s, offset s, MIDI pitch, velocity or 0; further columns are kept as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.label_files import tables
from mp3tomidi.augment.label_files.label_file import notes_of
from mp3tomidi.augment.labels import HIGHEST_PITCH, Labels
from mp3tomidi.transcribe.errors import LabelsError

ENDING = ".notes.tsv"


@dataclass(frozen=True)
class NotesTsv:
    path: Path
    labels: Labels
    rows: list[tuple[float, float, float, float]]  # onset_s, offset_s, pitch (of any fraction), velocity (0 = unknown)
    cells: list[list[str]]

    def moved(self, labels: Labels, duration_s: float) -> bytes:
        del duration_s
        lines = []
        for note in labels.notes:
            row = int(note["program"])
            pitch = float(note["pitch"]) + self.rows[row][2] - round(self.rows[row][2])
            times = [tables.seconds(note["onset_s"]), tables.seconds(note["offset_s"])]
            lines.append([*times, f"{pitch:g}", *self.cells[row][3:]])
        return tables.to_bytes(lines)


def read(path: Path) -> NotesTsv:
    """Raises LabelsError with file and line number."""
    rows, cells = [], []
    for number, line in tables.read_lines(path):
        try:
            onset_s, offset_s, pitch = (tables.finite(cell) for cell in line[:3])
            velocity = tables.finite(line[3] or "0") if len(line) > 3 else 0.0
        except ValueError as error:
            raise LabelsError(
                f"{path}, line {number}: expected onset, offset, pitch and velocity separated by tabs"
            ) from error
        if not 0 <= round(pitch) <= HIGHEST_PITCH:
            raise LabelsError(f"{path}, line {number}: pitch {pitch:g} from {onset_s:g} s to {offset_s:g} s")
        rows.append((onset_s, offset_s, pitch, velocity))
        cells.append(line)
    return NotesTsv(path, notes_of(rows), rows, cells)
