"""Small trees of public data sets, in the layouts in which the sets are handed out."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import mido
import numpy as np
import soundfile

from mp3tomidi.augment.label_files import midi

RATE_HZ = 16_000
NOTES = ((0.0, 0.5, 60, 90), (0.5, 1.0, 64, 70))  # onset s, offset s, pitch, velocity


def sound(path: Path, seconds: float = 1.0, rate_hz: int = RATE_HZ) -> Path:
    """A tone of 440 Hz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = 0.3 * np.sin(2 * np.pi * 440.0 * np.arange(round(seconds * rate_hz)) / rate_hz)
    soundfile.write(path, samples, rate_hz, format="OGG" if path.suffix == ".ogg" else None)
    return path


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def table(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A CSV file, its columns those of the first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def score(path: Path, notes: Sequence[tuple[float, float, int, int]] = NOTES, channel: int = 0) -> Path:
    """A MIDI file at 120 beats a minute with 480 ticks a beat, so that a second has 960 ticks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    events = sorted(
        (round(960 * time_s), velocity > 0, pitch, velocity)
        for onset_s, offset_s, pitch, struck in notes
        for time_s, velocity in ((onset_s, struck), (offset_s, 0))
    )
    track, now = mido.MidiTrack(), 0
    for tick, _, pitch, velocity in events:
        track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=velocity, time=tick - now))
        now = tick
    file = mido.MidiFile(ticks_per_beat=480, tracks=[track])
    file.save(path)
    return path


def drums(path: Path, hits: Sequence[tuple[float, int]]) -> Path:
    return score(path, [(time_s, time_s + 0.05, key, 100) for time_s, key in hits], midi.DRUM_CHANNEL)


def jams_file(path: Path, annotations: Sequence[Mapping[str, object]]) -> Path:
    return text(path, json.dumps({"annotations": annotations, "file_metadata": {"duration": 1.0}, "sandbox": {}}))


def note_annotation(
    rows: Sequence[tuple[float, float, float]], source: str = "0", namespace: str = "note_midi"
) -> dict[str, object]:
    """Onset s, duration s and pitch of each note, as JAMS has them."""
    data = [
        {"time": time_s, "duration": length_s, "value": pitch, "confidence": None} for time_s, length_s, pitch in rows
    ]
    return {"namespace": namespace, "annotation_metadata": {"data_source": source}, "data": data}
