"""NAME.notes.tsv: onset s, offset s, MIDI pitch, velocity (0 = unknown); further columns are kept as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files import tables
from mp3tomidi.augment.label_files.label_file import notes_of
from mp3tomidi.augment.labels import HIGHEST_PITCH, Labels, by_onset
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
        if offset_s < onset_s or not 0 <= velocity <= 127:
            span = f"{onset_s:g} s to {offset_s:g} s"
            raise LabelsError(f"{path}, line {number}: a note from {span} with velocity {velocity:g}")
        rows.append((onset_s, offset_s, pitch, velocity))
        cells.append(line)
    return NotesTsv(path, notes_of(rows), rows, cells)


def read_rows(path: Path) -> NDArray[np.float64]:
    """Rows [notes, 4] as they stand: onset_s, offset_s, pitch (of any fraction), velocity. Raises LabelsError."""
    return np.array(read(path).rows, np.float64).reshape(-1, 4)


def read_notes(path: Path) -> NDArray[np.void]:
    """The notes (dtype NOTE) in the order of their onsets, program 0, as the table names none. Raises LabelsError."""
    notes = by_onset(read(path).labels.notes)
    notes["program"] = 0
    return notes


def to_bytes(notes: NDArray[np.void]) -> bytes:
    """The table of notes (dtype NOTE), in the order of their onsets."""
    return tables.to_bytes(
        [
            [
                tables.seconds(note["onset_s"], tables.WRITTEN_DECIMALS),
                tables.seconds(note["offset_s"], tables.WRITTEN_DECIMALS),
                str(note["pitch"]),
                str(round(float(note["velocity"]))),
            ]
            for note in by_onset(notes)
        ]
    )
