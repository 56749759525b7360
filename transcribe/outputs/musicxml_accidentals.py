"""Puts accidentals into a MusicXML file: Verovio and others print those alone that the file has."""

from __future__ import annotations

from typing import Any

from mp3tomidi.transcribe.outputs.musicxml_measures import put, timed_notes

_NAMES = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_SHARPS = "FCGDAEB"  # in the order in which a key signature has them


def add_accidentals(root: Any) -> None:
    """Give each note whose alteration is not that of the key, or not the last one in its bar, its accidental.

    An accidental is for its line or space, in all voices of the staff, until the bar ends; a note that is tied to one
    in the bar before has none.
    """
    for part in root.iter("part"):
        signature: dict[str, int] = {}
        for measure in part.iter("measure"):
            if (fifths := measure.findtext("attributes/key/fifths")) is not None:
                signature = _alterations(int(fifths))
            _add_to_measure(measure, signature)


def _alterations(fifths: int) -> dict[str, int]:
    """Of the steps that a key signature alters: by 1 or -1 semitones."""
    return dict.fromkeys(_SHARPS[:fifths], 1) if fifths > 0 else dict.fromkeys(_SHARPS[7 + fifths :], -1)


def _add_to_measure(measure: Any, signature: dict[str, int]) -> None:
    now: dict[tuple[str, str, str], int] = {}  # what the last accidental on a line or space says
    notes = [(onset, note) for onset, _, note in timed_notes(measure, 0) if note.find("pitch") is not None]
    for onset, note in sorted(notes, key=lambda timed: timed[0]):
        step, octave = note.findtext("pitch/step"), note.findtext("pitch/octave")
        alteration = int(note.findtext("pitch/alter", "0"))
        place = note.findtext("staff", "1"), step, octave
        tied_over = onset == 0 and any(tie.get("type") == "stop" for tie in note.findall("tie"))
        if tied_over or alteration == now.get(place, signature.get(step, 0)):
            continue
        now[place] = alteration
        put(note, "accidental", _NAMES[alteration])
