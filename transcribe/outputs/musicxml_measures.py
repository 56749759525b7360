"""The notes of a measure of a MusicXML file with their times, and where elements are put into a note."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# What a note may hold from its length on, as the schema of MusicXML 4.0 orders it.
_ORDER = ("type", "dot", "accidental", "time-modification", "stem", "notehead", "staff", "beam", "notations")


def timed_notes(measure: Any, start: int) -> Iterator[tuple[int, int, Any]]:
    """Onset and length in divisions, and element, of each note that is no rest, as they stand in the file.

    start: of the measure.
    """
    now = onset = start
    for element in measure:
        length = int(element.findtext("duration", "0"))
        if element.tag == "backup":
            now -= length
        elif element.tag == "forward":
            now += length
        elif element.tag == "note":
            if element.find("chord") is None:
                onset, now = now, now + length
            if element.find("rest") is None:
                yield onset, length, element


def put(note: Any, name: str, text: str, **attributes: str) -> None:
    """A new element of a note that has a type, at its place, behind others of its name."""
    from lxml import etree

    element = etree.Element(name, **attributes)
    element.text = text
    before = [child for child in note if child.tag in _ORDER[: _ORDER.index(name) + 1]]
    before[-1].addnext(element)
