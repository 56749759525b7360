"""Songs of parts to render, read from MIDI files or composed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.drums.patterns import write_drums
from mp3tomidi.augment.harmony import draw_setting
from mp3tomidi.augment.label_files.midi_tracks import read_score, track_rows
from mp3tomidi.augment.labels import DRUM_HIT, NOTE
from mp3tomidi.augment.music.arranging import tidy
from mp3tomidi.augment.music.part_writing import write
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.events import FASTEST_BEATS_PER_MINUTE, SLOWEST_BEATS_PER_MINUTE, TempoChange

TAIL_S = 1.5  # of sound after the last note has been let go
LONGEST_S = 3600.0  # a file that claims more is damaged, and its sound would fill the memory


@dataclass(frozen=True)
class Part:
    """What one instrument plays: `notes` (dtype NOTE), or, of a kit, `hits` (dtype DRUM_HIT); the other is empty."""

    name: str
    program: int  # General MIDI, 0-based; of a kit its own
    is_drums: bool
    notes: NDArray[np.void]
    hits: NDArray[np.void]


@dataclass(frozen=True)
class Song:
    source: str  # the MIDI file's name, or "written"
    duration_s: float
    parts: tuple[Part, ...]
    tempo: tuple[TempoChange, ...] = ()


def read_song(path: Path) -> Song:
    """A MIDI file's tracks that have notes, the sustain pedal applied; channel 10 plays drums.

    Raises LabelsError for a file that is none, has no notes or lasts more than LONGEST_S.
    """
    score = read_score(path)
    parts = []
    for track in score.tracks:
        rows = track_rows(track)
        if len(rows):
            parts.append(_part(track.name.strip(), track.program, rows))
    if not parts:
        raise LabelsError(f"{path}: no notes in it; leave it out")
    end_s = max(_end_s(part) for part in parts)
    if end_s > LONGEST_S:
        raise LabelsError(f"{path}: lasts {end_s / 3600:.1f} h; cut it into parts of an hour at most")
    return Song(path.name, end_s + TAIL_S, tuple(parts), _tempo(score))


def written_song(
    rng: np.random.Generator, lines: Sequence[tuple[str, int, tuple[int, int]]], drums: bool, duration_s: float
) -> Song:
    """Music in one tempo, metre and key for instruments (family, program, lowest and highest pitch), and drums."""
    setting = draw_setting(rng, 0.0, duration_s)
    parts = []
    for family, program, (lowest, highest) in lines:
        notes = tidy(write(rng, family, setting, lowest, highest), lowest, highest, duration_s)
        notes = notes[notes["onset_s"] >= 0.0]
        notes["offset_s"] = np.minimum(notes["offset_s"], duration_s)
        parts.append(_part(family, program, notes[notes["offset_s"] > notes["onset_s"]]))
    if drums:
        hits = write_drums(rng, setting)
        hits = hits[(hits["onset_s"] >= 0.0) & (hits["onset_s"] < duration_s)]
        parts.append(_part("drums", 0, hits))
    beats_per_minute = 60.0 / float(np.diff(setting.beats_s).mean())
    return Song("written", duration_s + TAIL_S, tuple(parts), (TempoChange(0.0, beats_per_minute),))


def _part(name: str, program: int, rows: NDArray[np.void]) -> Part:
    is_drums = rows.dtype == DRUM_HIT
    notes, hits = (np.zeros(0, NOTE), rows) if is_drums else (rows, np.zeros(0, DRUM_HIT))
    return Part(name, program, is_drums, notes, hits)


def _end_s(part: Part) -> float:
    return float(max(part.notes["offset_s"].max(initial=0.0), part.hits["onset_s"].max(initial=0.0)))


def _tempo(score: Any) -> tuple[TempoChange, ...]:
    """Changes outside of what a Transcription holds are left out; the times of the notes say the same."""
    return tuple(
        TempoChange(float(change.time), float(change.qpm))
        for change in score.tempos
        if SLOWEST_BEATS_PER_MINUTE <= change.qpm <= FASTEST_BEATS_PER_MINUTE
    )
