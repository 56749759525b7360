"""NAME.drums.tsv: time s and what is struck, of DRUM_CLASSES where classes are read; further columns are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files import tables
from mp3tomidi.augment.label_files.label_file import hits_of
from mp3tomidi.augment.labels import DRUM_HIT, Labels, by_onset
from mp3tomidi.transcribe.drum_kit import DRUM_CLASSES, DRUM_PIECES, PIECE_OF_KEY
from mp3tomidi.transcribe.errors import LabelsError

ENDING = ".drums.tsv"
KEY_OF_CLASS = {piece.of_five: piece.written_key for piece in reversed(DRUM_PIECES)}  # that of its first piece


@dataclass(frozen=True)
class DrumsTsv:
    path: Path
    labels: Labels
    cells: list[list[str]]

    def moved(self, labels: Labels, duration_s: float) -> bytes:
        del duration_s
        return tables.retimed(self.cells, labels.drum_hits["key"], labels.drum_hits["onset_s"])


def read(path: Path) -> DrumsTsv:
    """Raises LabelsError with file and line number."""
    times_s, cells = tables.read_timed(path, "a time, a tab and what is struck")
    return DrumsTsv(path, hits_of(times_s), cells)


def read_times(path: Path) -> dict[str, list[float]]:
    """Times in seconds per class of DRUM_CLASSES. Raises LabelsError with file and line number."""
    times_s: dict[str, list[float]] = {name: [] for name in DRUM_CLASSES}
    for number, line in tables.read_lines(path):
        try:
            times_s[line[1].strip()].append(tables.finite(line[0]))
        except (IndexError, KeyError, ValueError) as error:
            raise LabelsError(
                f"{path}, line {number}: expected a time, a tab and one of {' '.join(DRUM_CLASSES)}"
            ) from error
    return times_s


def read_hits(path: Path) -> NDArray[np.void]:
    """The hits (dtype DRUM_HIT) in the order of their onsets, each class as its usual key. Raises LabelsError."""
    times_s = read_times(path)
    rows = [(0, time_s, KEY_OF_CLASS[name], 0.0) for name in times_s for time_s in times_s[name]]
    return by_onset(np.array(rows, DRUM_HIT))


def to_bytes(hits: NDArray[np.void]) -> bytes:
    """The table of hits (dtype DRUM_HIT), in the order of their onsets, with key and velocity as further columns.

    What is no piece of a kit, a tambourine for instance, has no class and is left out.
    """
    return tables.to_bytes(
        [
            [
                tables.seconds(hit["onset_s"], tables.WRITTEN_DECIMALS),
                DRUM_PIECES[PIECE_OF_KEY[int(hit["key"])]].of_five,
                str(hit["key"]),
                str(round(float(hit["velocity"]))),
            ]
            for hit in by_onset(hits)
            if int(hit["key"]) in PIECE_OF_KEY
        ]
    )
