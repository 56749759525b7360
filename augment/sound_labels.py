"""Label files beside a sound: tables of notes and drum hits, and MIDI files, to and from Labels.

    NAME.notes.tsv      onset s, offset s, MIDI pitch, velocity (0 = unknown), separated by tabs
    NAME.drums.tsv      time s, class (KD SD HH TT CY), separated by tabs
    NAME.mid, .midi     tracks of notes, with their programs, and of drums

More columns may follow and are not read. Empty lines and lines that begin with # are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.corpora import read_track
from mp3tomidi.augment.labels import DRUM_HIT, NOTE, Labels
from mp3tomidi.transcribe.drums.classes import DRUM_CLASSES, DRUM_PIECES, PIECE_OF_KEY
from mp3tomidi.transcribe.errors import LabelsError

NOTES_ENDING = ".notes.tsv"
DRUMS_ENDING = ".drums.tsv"
MIDI_ENDINGS = (".mid", ".midi")
# The key that a hit gets of which only the class is known.
_KEY_OF_CLASS = {"KD": 36, "SD": 38, "HH": 42, "TT": 45, "CY": 49}


def label_files_of(sound: Path) -> list[Path]:
    """The label files that lie beside a sound file and bear its name."""
    endings = (NOTES_ENDING, DRUMS_ENDING, *MIDI_ENDINGS)
    beside = (sound.with_name(sound.stem + ending) for ending in endings)
    return [path for path in beside if path.is_file()]


def read_labels(sound: Path) -> Labels:
    """The labels beside a sound file, as those of clip 0; none where no label file is there.

    Tables count before MIDI files, which are read for what has no table. A class of drums becomes the key of its
    usual piece. Raises LabelsError for a file that cannot be read.
    """
    labels = Labels()
    found = label_files_of(sound)
    for path in found:
        if path.name.endswith(NOTES_ENDING):
            labels.notes = _as_notes(read_notes(path))
        elif path.name.endswith(DRUMS_ENDING):
            labels.drum_hits = _as_hits(read_drums(path))
    tables = {path.name.removeprefix(sound.stem) for path in found}
    for path in found:
        if path.suffix.lower() in MIDI_ENDINGS:
            played = read_midi(path)
            labels.notes = labels.notes if NOTES_ENDING in tables else played.notes
            labels.drum_hits = labels.drum_hits if DRUMS_ENDING in tables else played.drum_hits
            break
    return labels


def read_midi(path: Path) -> Labels:
    """The notes, sustain pedal applied, and drum hits of a MIDI file, sorted by onset; raises LabelsError."""
    tables = [track_rows(track) for track in read_score(path).tracks]
    notes = np.concatenate([np.zeros(0, NOTE), *(rows for rows in tables if rows.dtype == NOTE)])
    hits = np.concatenate([np.zeros(0, DRUM_HIT), *(rows for rows in tables if rows.dtype == DRUM_HIT)])
    return Labels(_sorted(notes), _sorted(hits))


def read_score(path: Path) -> Any:
    """A MIDI file as symusic has it, times in seconds; raises LabelsError."""
    import symusic

    try:
        score: Any = symusic.Score(path)
        return score.to("second")
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise LabelsError(f"{path}: not a MIDI file that can be read ({reason}); export it again") from error


def track_rows(track: Any) -> NDArray[np.void]:
    """One of symusic's tracks in seconds: notes (dtype NOTE), pedal applied, or drum hits (dtype DRUM_HIT)."""
    rows = read_track(track, "")
    table = np.zeros(len(rows), DRUM_HIT if track.is_drum else NOTE)
    table["onset_s"], table["velocity"] = rows["onset_s"], rows["velocity"]
    if track.is_drum:
        table["key"] = rows["pitch"]
    else:
        table["offset_s"], table["pitch"], table["program"] = rows["offset_s"], rows["pitch"], track.program
    return table


def notes_table(notes: NDArray[np.void]) -> str:
    """Notes (dtype NOTE) as the text of a .notes.tsv, in order of their onsets."""
    return "".join(
        f"{row['onset_s']:.5f}\t{row['offset_s']:.5f}\t{row['pitch']}\t{round(float(row['velocity']))}\n"
        for row in _sorted(notes)
    )


def drums_table(hits: NDArray[np.void]) -> str:
    """Drum hits (dtype DRUM_HIT) as the text of a .drums.tsv with key and velocity as third and fourth columns.

    What is no piece of a kit, a tambourine for instance, has no class and is left out.
    """
    return "".join(
        f"{row['onset_s']:.5f}\t{DRUM_PIECES[PIECE_OF_KEY[int(row['key'])]].of_five}\t{row['key']}"
        f"\t{round(float(row['velocity']))}\n"
        for row in _sorted(hits)
        if int(row["key"]) in PIECE_OF_KEY
    )


def _sorted(rows: NDArray[np.void]) -> NDArray[np.void]:
    ordered: NDArray[np.void] = rows[np.argsort(rows["onset_s"], kind="stable")]
    return ordered


def _as_notes(rows: NDArray[np.float64]) -> NDArray[np.void]:
    notes = np.zeros(len(rows), NOTE)
    notes["onset_s"], notes["offset_s"], notes["velocity"] = rows[:, 0], rows[:, 1], rows[:, 3]
    notes["pitch"] = np.round(rows[:, 2])
    return _sorted(notes)


def _as_hits(times: Mapping[str, Sequence[float]]) -> NDArray[np.void]:
    hits = np.array([(0, time_s, _KEY_OF_CLASS[name], 0.0) for name in times for time_s in times[name]], DRUM_HIT)
    return _sorted(hits)


def read_notes(path: Path) -> NDArray[np.float64]:
    """Rows [notes, 4] of a .notes.tsv: onset_s, offset_s, MIDI pitch, velocity (0 = unknown).

    Empty lines and lines that begin with # are left out. Raises LabelsError with file and line number.
    """
    rows = []
    for number, cells in _lines(path):
        try:
            onset_s, offset_s, pitch = (_finite(cell) for cell in cells[:3])
            velocity = _finite(cells[3] or "0") if len(cells) > 3 else 0.0
        except ValueError as error:
            raise LabelsError(
                f"{path}, line {number}: expected onset, offset, pitch and velocity separated by tabs"
            ) from error
        if not 0 <= round(pitch) <= 127:
            raise LabelsError(f"{path}, line {number}: pitch {pitch:g} from {onset_s:g} s to {offset_s:g} s")
        rows.append((onset_s, offset_s, pitch, velocity))
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def read_drums(path: Path) -> Mapping[str, Sequence[float]]:
    """Times in seconds per drum class of a .drums.tsv; raises LabelsError with file and line number."""
    times: dict[str, list[float]] = {name: [] for name in DRUM_CLASSES}
    for number, cells in _lines(path):
        try:
            times[cells[1].strip()].append(_finite(cells[0]))
        except (IndexError, KeyError, ValueError) as error:
            raise LabelsError(
                f"{path}, line {number}: expected a time, a tab and one of {' '.join(DRUM_CLASSES)}"
            ) from error
    return times


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Cells of the lines that hold any, with their numbers. Raises LabelsError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise LabelsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path}: not text in UTF-8; save it as that") from error
    return [
        (number, line.split("\t"))
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]
