"""When the notes of a MIDI file begin, whatever its ticks."""

from __future__ import annotations

import mido

from mp3tomidi.transcribe.rhythm.quantisation import TICKS_PER_QUARTER


def starts(file: mido.MidiFile) -> list[tuple[int, int]]:
    """(onset in our ticks, pitch) of all notes."""
    found = []
    for track in file.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity > 0:
                found.append((round(now * TICKS_PER_QUARTER / file.ticks_per_beat), message.note))
    return found
