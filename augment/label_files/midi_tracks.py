"""NAME.mid: its notes and drum hits as they sound, sustain pedal applied, by track; midi.py moves such a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.labels import DRUM_HIT, NOTE, Labels, by_onset
from mp3tomidi.augment.music.corpora import read_track
from mp3tomidi.transcribe.errors import LabelsError


def read_labels(path: Path) -> Labels:
    """The notes and drum hits of all tracks, each in the order of their onsets. Raises LabelsError."""
    tracks = [track_rows(track) for track in read_score(path).tracks]
    notes = np.concatenate([np.zeros(0, NOTE), *(rows for rows in tracks if rows.dtype == NOTE)])
    hits = np.concatenate([np.zeros(0, DRUM_HIT), *(rows for rows in tracks if rows.dtype == DRUM_HIT)])
    return Labels(by_onset(notes), by_onset(hits))


def read_score(path: Path) -> Any:
    """The file as symusic has it, times in seconds. Raises LabelsError."""
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
