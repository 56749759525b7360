"""Writes the events of many recordings as one Parquet file: a row an event, the columns of the CSV table and `source`.

source says which recording; onset_s and offset_s are seconds, pitch is a MIDI number (a drum hit's General MIDI key),
velocity 1 to 127, program General MIDI's from 0, confidence 0 to 1, kind "note" or "drum", drum the piece of the kit.
What an event has not (a hit's offset and program, a note's drum) is null. A recording without events has no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.outputs.files import make_folder, written_beside

NAMES = ("source", "onset_s", "offset_s", "pitch", "velocity", "program", "confidence", "kind", "drum")


def write(transcriptions: Sequence[tuple[str, Transcription]], path: Path) -> None:
    """Write the events of recordings (name, transcription) to a file, whole or not at all.

    Raises OutputError; ModuleNotFoundError without the extra `parquet`.
    """
    import pyarrow.parquet

    make_folder(path.parent)
    with written_beside(path) as beside:
        pyarrow.parquet.write_table(to_table(transcriptions), beside, compression="zstd")


def to_table(transcriptions: Sequence[tuple[str, Transcription]]) -> Any:
    """The events of recordings as pyarrow has them, each recording's by onset."""
    import pyarrow as pa

    types = (
        pa.dictionary(pa.int32(), pa.string()),
        pa.float64(),
        pa.float64(),
        pa.int16(),
        pa.int16(),
        pa.int16(),
        pa.float32(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.dictionary(pa.int32(), pa.string()),
    )
    rows = [(source, *_row(event)) for source, transcription in transcriptions for event in _by_onset(transcription)]
    columns = zip(*rows, strict=True) if rows else [() for _ in NAMES]
    return pa.table({name: pa.array(column, kind) for name, kind, column in zip(NAMES, types, columns, strict=True)})


def _by_onset(transcription: Transcription) -> list[Note | DrumHit]:
    events: list[Note | DrumHit] = [*transcription.notes, *transcription.drum_hits]
    return sorted(events, key=lambda event: event.onset_s)


def _row(event: Note | DrumHit) -> tuple[Any, ...]:
    if isinstance(event, DrumHit):
        return event.onset_s, None, event.key, event.velocity, None, event.confidence, "drum", event.instrument
    return event.onset_s, event.offset_s, event.pitch, event.velocity, event.program, event.confidence, "note", None
