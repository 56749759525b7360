"""Labelled recordings: the type that every reader of a data set yields, and the reader of this project's own folders.

In a folder of our own, NAME.notes.tsv (onset s, offset s, MIDI pitch, velocity or 0) and NAME.drums.tsv (time s, class
KD SD HH TT CY) label the recording NAME.ANY_SUFFIX that lies beside them, at any depth. The folder that holds a
recording is its set: scores are given per set. Readers of public data sets lie in `public/`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files import drums_tsv, notes_tsv
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.transcribe.drum_kit import DRUM_CLASSES, DRUM_PIECES, PIECE_OF_KEY
from mp3tomidi.transcribe.errors import LabelsError

NOTES_ENDING = notes_tsv.ENDING
DRUMS_ENDING = drums_tsv.ENDING
NOT_SOUND = {".tsv", ".csv", ".mid", ".midi", ".json", ".txt", ".md", ".npz", ".png"}

UNKNOWN_PROGRAM = -1
PLAYED_NOTE = np.dtype(
    [
        ("onset_s", np.float64),
        ("offset_s", np.float64),
        ("pitch", np.float64),  # MIDI number, of any fraction: what is sung or bent lies between the keys
        ("velocity", np.float32),  # 1 to 127; 0 = unknown
        ("program", np.int32),  # General MIDI, 0-based; UNKNOWN_PROGRAM where nobody says
    ]
)

ReadNotes = Callable[[], NDArray[np.void]]
"""Reads the notes (dtype PLAYED_NOTE) of a recording. Raises LabelsError."""
ReadDrums = Callable[[], NDArray[np.void]]
"""Reads the drum hits (dtype augment.labels.DRUM_HIT) of a recording. Raises LabelsError."""


@dataclass(frozen=True)
class Recording:
    """A sound file and what is known of it; labels are read when they are asked for.

    notes, drums: None where the data set does not label them. classes: what the recording is of, where its data set
    says so. split: "train", "valid" or "test" as the data set has it, "" where it has no split.
    """

    name: str
    set_name: str
    sound: Path
    notes: ReadNotes | None = None
    drums: ReadDrums | None = None
    classes: tuple[str, ...] = ()
    split: str = ""


def find_recordings(folder: Path) -> list[Recording]:
    """All labelled recordings below a folder, sorted by set and name.

    Raises LabelsError where a label file has no recording or several, or nothing is found at all.
    """
    labels: dict[tuple[Path, str], dict[str, Path]] = defaultdict(dict)
    for ending in (NOTES_ENDING, DRUMS_ENDING):
        for path in folder.rglob(f"*{ending}"):
            labels[path.parent, path.name.removesuffix(ending)][ending] = path
    if not labels:
        raise LabelsError(
            f"{folder}: no NAME{NOTES_ENDING} or NAME{DRUMS_ENDING} below this folder; "
            "put one beside each recording (docs/evaluate.md)"
        )
    recordings = [
        Recording(
            name=name,
            set_name=parent.name,
            sound=_sound_beside(parent, name),
            notes=partial(_read_notes, found[NOTES_ENDING]) if NOTES_ENDING in found else None,
            drums=partial(drums_tsv.read_hits, found[DRUMS_ENDING]) if DRUMS_ENDING in found else None,
        )
        for (parent, name), found in labels.items()
    ]
    return sorted(recordings, key=lambda recording: (recording.set_name, recording.name))


def played_notes(rows: NDArray[np.float64], program: int = UNKNOWN_PROGRAM) -> NDArray[np.void]:
    """Notes (dtype PLAYED_NOTE) of rows [notes, 4]: onset s, offset s, pitch, velocity (0 = unknown)."""
    notes = np.zeros(len(rows), PLAYED_NOTE)
    for column, name in enumerate(("onset_s", "offset_s", "pitch", "velocity")):
        notes[name] = rows[:, column]
    notes["program"] = program
    return notes


def note_rows(notes: NDArray[np.void]) -> NDArray[np.float64]:
    """Rows [notes, 4] of notes: onset s, offset s, pitch (of any fraction), velocity."""
    columns = [notes[name].astype(np.float64) for name in ("onset_s", "offset_s", "pitch", "velocity")]
    return np.stack(columns, axis=1).reshape(-1, 4)


def note_labels(notes: NDArray[np.void]) -> NDArray[np.void]:
    """The same notes as labels that teach (dtype augment.labels.NOTE, clip 0), each at the key nearest to its pitch."""
    labels = np.zeros(len(notes), NOTE)
    for name in ("onset_s", "offset_s", "velocity", "program"):
        labels[name] = notes[name]
    labels["pitch"] = np.round(notes["pitch"])
    return labels


def class_times(hits: NDArray[np.void]) -> dict[str, list[float]]:
    """Times in seconds of drum hits (dtype DRUM_HIT) per class of DRUM_CLASSES; keys of no class are left out."""
    times_s: dict[str, list[float]] = {name: [] for name in DRUM_CLASSES}
    for hit in hits:
        piece = PIECE_OF_KEY.get(int(hit["key"]))
        if piece is not None:
            times_s[DRUM_PIECES[piece].of_five].append(float(hit["onset_s"]))
    return times_s


def _read_notes(path: Path) -> NDArray[np.void]:
    return played_notes(notes_tsv.read_rows(path))


def _sound_beside(parent: Path, name: str) -> Path:
    """The only file NAME.SUFFIX whose suffix is not that of a table, score or picture."""
    found = sorted(
        path
        for path in parent.iterdir()
        if path.is_file() and path.stem == name and path.suffix and path.suffix.lower() not in NOT_SOUND
    )
    if len(found) != 1:
        what = "no recording" if not found else f"several recordings ({', '.join(p.name for p in found)})"
        raise LabelsError(f"{parent / name}: {what} for these labels; keep exactly one sound file beside them")
    return found[0]
