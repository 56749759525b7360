"""Puts beams into a MusicXML file."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from mp3tomidi.transcribe.outputs.bars import Bars
from mp3tomidi.transcribe.outputs.beams import beams_of
from mp3tomidi.transcribe.outputs.musicxml_measures import put, timed_notes


def add_beams(root: Any, bars: Bars) -> None:
    """Join the notes of each voice; bars are those of every part, and divisions of a quarter the ticks of the grid."""
    for part in root.iter("part"):
        for measure, (start, _) in zip(part.findall("measure"), bars.spans(), strict=True):
            voices: defaultdict[str, dict[int, tuple[int, Any]]] = defaultdict(dict)
            for onset, length, note in timed_notes(measure, start):
                if note.find("chord") is None:  # of a chord the first note says it
                    voices[note.findtext("voice")][onset] = length, note
            for voice in voices.values():
                spans = sorted((onset, length) for onset, (length, _) in voice.items())
                for onset, states in beams_of(spans, bars).items():
                    for number, state in enumerate(states, start=1):
                        put(voice[onset][1], "beam", state, number=str(number))
