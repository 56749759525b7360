"""Writes notes, drum hits and pedal as a table: comma-separated values with a header line, a line an event, by onset.

onset_s and offset_s are seconds, pitch is a MIDI number (a drum hit's General MIDI key), velocity 1 to 127, program
General MIDI's from 0, confidence 0 to 1, kind "note", "drum" or "pedal", drum the piece of the kit ("snare"). A drum
hit has no program, and an offset only where a cymbal is choked; a note has no drum, a press of the sustain pedal
nothing but its times: empty cells.

attack_s, sustain_db and release_s are of notes, and empty where they were not measured: the time from the onset until
the note is as loud as it becomes, the level that it then holds against that, and the time from the offset to silence.
melody is 1 for the notes of the lead line, else empty.
"""

from __future__ import annotations

import csv
import io
import os
from typing import BinaryIO

from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.outputs.files import write_bytes

ENVELOPE = ("attack_s", "sustain_db", "release_s")
COLUMNS = ("onset_s", "offset_s", "pitch", "velocity", "program", "confidence", "kind", "drum", *ENVELOPE, "melody")


def write(transcription: Transcription, destination: str | os.PathLike[str] | BinaryIO) -> None:
    """Write the table (UTF-8) to a path, or into an open binary stream.

    Raises
    ------
    OutputError
        The destination cannot be written.
    """
    write_bytes(to_csv(transcription).encode(), destination)


def to_csv(transcription: Transcription) -> str:
    """The table as text: times to the microsecond, confidences to four places."""
    events: list[Note | DrumHit] = [*transcription.notes, *transcription.drum_hits]
    rows = [_row(event) for event in events]
    rows += [_pedal_row(*press) for press in transcription.pedal_presses]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(row for _, row in sorted(rows, key=lambda timed: timed[0]))
    return text.getvalue()


_NOTHING_OF_NOTES = ("",) * (len(ENVELOPE) + 1)
_TimedRow = tuple[float, tuple[str | int, ...]]


def _row(event: Note | DrumHit) -> _TimedRow:
    onset, confidence = f"{event.onset_s:.6f}", f"{event.confidence:.4f}"
    if isinstance(event, DrumHit):
        struck = onset, _cell(event.offset_s, 6), event.key, event.velocity, "", confidence, "drum", event.instrument
        return event.onset_s, (*struck, *_NOTHING_OF_NOTES)
    offset = f"{event.offset_s:.6f}"
    cells = onset, offset, event.pitch, event.velocity, event.program, confidence, "note", ""
    envelope = _cell(event.attack_s, 4), _cell(event.sustain_db, 2), _cell(event.release_s, 4)
    return event.onset_s, (*cells, *envelope, "1" if event.melody else "")


def _cell(value: float | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"


def _pedal_row(down_s: float, up_s: float) -> _TimedRow:
    return down_s, (f"{down_s:.6f}", f"{up_s:.6f}", "", "", "", "", "pedal", "", *_NOTHING_OF_NOTES)
