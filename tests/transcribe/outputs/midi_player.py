"""Plays a MIDI file as far as pitch goes: what a receiver makes of pitch bends and their ranges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import mido

USUAL_RANGE_SEMITONES = 2.0


@dataclass
class PlayedNote:
    """A note and the pitches that it has, each from a time in seconds on."""

    channel: int
    key: int
    onset_s: float
    offset_s: float = float("inf")
    pitches: list[tuple[float, float]] = field(default_factory=list)

    def pitch_at(self, time_s: float) -> float:
        return [pitch for since_s, pitch in self.pitches if since_s <= time_s + 1e-9][-1]


def play(midi: mido.MidiFile) -> list[PlayedNote]:
    """All notes but drums, by onset."""
    ranges = dict.fromkeys(range(16), USUAL_RANGE_SEMITONES)
    parameters: dict[int, list[int]] = {channel: [127, 127] for channel in range(16)}
    bends = dict.fromkeys(range(16), 0)
    played: list[PlayedNote] = []

    def pitch(note: PlayedNote) -> float:
        return note.key + bends[note.channel] / 8192 * ranges[note.channel]

    for time_s, message in _timed(midi):
        if message.type == "control_change":
            if message.control in (101, 100):
                parameters[message.channel][101 - message.control] = message.value
            elif message.control == 6 and parameters[message.channel] == [0, 0]:
                ranges[message.channel] = message.value
        elif message.type == "pitchwheel":
            bends[message.channel] = message.pitch
            for note in played:
                if note.channel == message.channel and note.offset_s == float("inf"):
                    note.pitches.append((time_s, pitch(note)))
        elif message.type == "note_on" and message.velocity and message.channel != 9:
            note = PlayedNote(message.channel, message.note, time_s)
            note.pitches.append((time_s, pitch(note)))
            played.append(note)
        elif message.type in ("note_on", "note_off") and message.channel != 9:
            sounding = [one for one in played if (one.channel, one.key) == (message.channel, message.note)]
            sounding[-1].offset_s = min(sounding[-1].offset_s, time_s)
    return sorted(played, key=lambda note: note.onset_s)


def _timed(midi: mido.MidiFile) -> Iterator[tuple[float, mido.Message]]:
    time_s = 0.0
    for message in midi:
        time_s += message.time
        if not message.is_meta:
            yield time_s, message
