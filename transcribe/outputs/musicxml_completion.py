"""Completes the MusicXML of partitura: title, tempo mark, instruments, pickup bars, rests, stems.

Elements are put where the schema of MusicXML 4.0 has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mp3tomidi.transcribe.outputs.bars import Bars
from mp3tomidi.transcribe.outputs.musicxml_accidentals import add_accidentals
from mp3tomidi.transcribe.outputs.musicxml_beams import add_beams
from mp3tomidi.transcribe.outputs.percussion import Place

VOICES_AND_SPARE = 4  # numbers of voices for each staff, as MuseScore counts: 1 to 4 above, 5 to 8 below
SWING = "Swing  "  # the tempo follows at once
BAR_REST = "bar"  # the id of a rest for a whole bar begins so
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # a file's name may hold it
_BEHIND_LENGTH = ("time-modification", "dot", "type")  # the last of these that a note has, stem and head follow


@dataclass(frozen=True, slots=True)
class TempoMark:
    """Tempo mark above the first bar.

    dotted: the beat is a dotted quarter, else a quarter. swung: eighths are played long and short.
    """

    beats_per_minute: float
    dotted: bool
    swung: bool

    @property
    def quarters_per_minute(self) -> float:
        return self.beats_per_minute * (1.5 if self.dotted else 1.0)


def completed(
    content: bytes,
    *,
    title: str,
    tempo: TempoMark,
    programs: Sequence[int],
    places: Sequence[Place],
    bars: Bars,
) -> bytes:
    """The file with what partitura leaves out.

    programs: General MIDI's of the pitched parts, in their order. places: of the drums, whose part is the last.
    bars: of every part.
    """
    from lxml import etree

    root = etree.fromstring(content)
    if title:
        work = etree.Element("work")
        etree.SubElement(work, "work-title").text = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", title)
        root.insert(0, work)
    _add_all_instruments(root, programs, places)
    _add_tempo(root, tempo)
    for part in root.iter("part"):
        if bars.has_pickup:
            first = part.find("measure")
            first.set("number", "0")
            first.set("implicit", "yes")
    for pedal in root.iter("pedal"):
        if pedal.get("type") == "end":  # which is partitura's word, not the schema's
            pedal.set("type", "stop")
    drums = f"P{len(programs) + 1}"
    for note in root.iter("note"):
        _complete_note(note, drums)
    add_accidentals(root)
    add_beams(root, bars)
    tree = root.getroottree()
    completed_content: bytes = etree.tostring(tree, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return completed_content


def _add_all_instruments(root: Any, programs: Sequence[int], places: Sequence[Place]) -> None:
    """Those of every part in the list of parts, without which MuseScore complains."""
    parts = list(root.iter("score-part"))
    for number, (part, program) in enumerate(zip(parts, programs, strict=False), start=1):
        _add_instruments(part, [(f"P{number}-I1", part.findtext("part-name"), {"midi-program": program + 1})])
    if places:
        number = len(parts)
        _add_instruments(
            parts[-1],
            [
                (f"P{number}-I{place.key}", place.name, {"midi-channel": 10, "midi-unpitched": place.key + 1})
                for place in places
            ],
        )


def _add_instruments(part: Any, instruments: Sequence[tuple[str, str, dict[str, int]]]) -> None:
    """Instruments (id, name, how MIDI plays them) in the list of parts."""
    from lxml import etree

    for identity, name, _ in instruments:
        instrument = etree.SubElement(part, "score-instrument", id=identity)
        etree.SubElement(instrument, "instrument-name").text = name
    for identity, _, played in instruments:
        player = etree.SubElement(part, "midi-instrument", id=identity)
        for tag, value in played.items():
            etree.SubElement(player, tag).text = str(value)


def _add_tempo(root: Any, tempo: TempoMark) -> None:
    """A tempo mark above the first bar of the first part."""
    from lxml import etree

    measure = root.find("part/measure")
    direction = etree.Element("direction", placement="above")
    if tempo.swung:
        etree.SubElement(etree.SubElement(direction, "direction-type"), "words").text = SWING
    mark = etree.SubElement(etree.SubElement(direction, "direction-type"), "metronome")
    etree.SubElement(mark, "beat-unit").text = "quarter"
    if tempo.dotted:
        etree.SubElement(mark, "beat-unit-dot")
    etree.SubElement(mark, "per-minute").text = f"{tempo.beats_per_minute:g}"
    etree.SubElement(direction, "sound", tempo=f"{tempo.quarters_per_minute:g}")
    attributes = measure.find("attributes")
    measure.insert(0 if attributes is None else measure.index(attributes) + 1, direction)


def _complete_note(note: Any, drums: str) -> None:
    """Give a note or rest what it lacks.

    The rests of a staff's second voice are not printed, as engravers leave them out where the first shows the time:
    they would lie on its notes.
    """
    from lxml import etree

    rest = note.find("rest")
    if rest is not None:
        if int(note.findtext("voice")) % VOICES_AND_SPARE == 2:
            note.set("print-object", "no")
        if note.get("id").startswith(BAR_REST):
            rest.set("measure", "yes")
            for length in note.findall("type") + note.findall("dot"):
                note.remove(length)
        return
    if note.find("unpitched") is not None:
        key = note.get("id").split("-")[1]  # as musicxml.py calls them
        note.insert(note.index(note.find("duration")) + 1, etree.Element("instrument", id=f"{drums}-I{key}"))
    at = next(note.find(name) for name in _BEHIND_LENGTH if note.find(name) is not None)
    for name in ("notehead", "stem"):
        if (element := note.find(name)) is not None:
            at.addnext(element)
