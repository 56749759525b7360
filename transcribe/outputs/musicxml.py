"""Writes a score to read and edit: MusicXML, which MuseScore, Finale, Sibelius and Dorico open.

Notes are put on the beat grid (see quantisation.py) in bars of as many quarters as the metre has, with rests, ties and
triplets (see bars.py), spelled in the key that fits best. What comes before the first bar is a pickup. Keyboards have
two staves, split at middle C, unless one clef holds what they play; guitars and basses have the clef that says that
they sound an octave lower; the sustain pedal is a line below a piano. Drums have a staff of their own, with heads and
stems as drummers read them (percussion.py).

Needs partitura, which the extra "score" brings.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO

from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.outputs.bars import Bars
from mp3tomidi.transcribe.outputs.files import write_bytes
from mp3tomidi.transcribe.outputs.midi import pedalled_programs
from mp3tomidi.transcribe.outputs.musicxml_completion import BAR_REST, VOICES_AND_SPARE, completed
from mp3tomidi.transcribe.outputs.percussion import FEET, Place, place_of
from mp3tomidi.transcribe.outputs.score_grid import Written, on_grid
from mp3tomidi.transcribe.outputs.spelling import spelled
from mp3tomidi.transcribe.outputs.staves import key_of
from mp3tomidi.transcribe.rhythm.quantisation import (
    TICKS_PER_QUARTER,
    UPPER,
    VOICES_PER_STAFF,
    ScoreNote,
    WrittenNotes,
)

DRUMS = "Drums"
CLEF_LINES = {"G": 2, "F": 4, "percussion": 2}
_TRIPLET = {"actual_notes": 3, "normal_notes": 2}
# How each length in ticks is written.
_SYMBOLS: dict[int, dict[str, Any]] = {
    72: {"type": "whole", "dots": 1},
    48: {"type": "whole"},
    36: {"type": "half", "dots": 1},
    24: {"type": "half"},
    18: {"type": "quarter", "dots": 1},
    12: {"type": "quarter"},
    9: {"type": "eighth", "dots": 1},
    8: {"type": "quarter", **_TRIPLET},
    6: {"type": "eighth"},
    4: {"type": "eighth", **_TRIPLET},
    3: {"type": "16th"},
}

Voices = defaultdict[tuple[int, int], list[tuple[ScoreNote, str, Callable[..., Any]]]]  # by staff and voice


def write(transcription: Transcription, destination: str | os.PathLike[str] | BinaryIO, *, title: str = "") -> None:
    """Write a score to a path, or into an open binary stream.

    Raises
    ------
    OutputError
        The destination cannot be written.
    """
    import partitura

    written = on_grid(transcription)
    content: bytes = partitura.save_musicxml(_score_of(written))
    finished = completed(
        content,
        title=title,
        tempo=written.tempo,
        programs=[part.program for part in written.pitched],
        places=_places(transcription),
        bars=written.bars,
    )
    write_bytes(finished, destination)


def to_score(transcription: Transcription) -> Any:
    """The transcription as a `partitura.score.Score`, a part for the melody, for each program, and for the drums.

    All bars are like the last that `Transcription.metre` tells of; where notes begin before the first bar, there is a
    pickup bar, as short as whole beats allow.
    """
    return _score_of(on_grid(transcription))


def _score_of(written: Written) -> Any:
    from partitura import score

    bars = written.bars
    everything = [note for notes, _ in written.pitched.values() for note in notes.notes]
    key = key_of(everything)
    pedalled = pedalled_programs(part.program for part in written.pitched)
    parts: list[Any] = []

    def new_part(name: str, clefs: Iterable[tuple[int, str, int]]) -> Any:
        part = score.Part(
            f"P{len(parts) + 1}", part_name=name[:1].upper() + name[1:], quarter_duration=TICKS_PER_QUARTER
        )
        part.add(score.TimeSignature(*written.signature), 0)
        for number, (start, end) in enumerate(bars.spans(), start=0 if bars.has_pickup else 1):
            part.add(score.Measure(number=number, name=str(number)), start - bars.start, end - bars.start)
        for staff, sign, octaves in clefs:
            part.add(score.Clef(staff, sign, CLEF_LINES[sign], octaves), 0)
        parts.append(part)
        return part

    for played, (notes, clefs) in written.pitched.items():
        part = new_part(played.name, clefs)
        part.add(score.KeySignature(*key), 0)
        _add_notes(part, notes, key, staves=[staff for staff, *_ in clefs], bars=bars)
        for down, up in written.pedal if played.program in pedalled else ():
            pedal = score.SustainPedalDirection(line=True, staff=clefs[-1][0])
            part.add(pedal, down - bars.start, up - bars.start)
    if written.hits:
        _add_hits(new_part(DRUMS, [(UPPER, "percussion", 0)]), written.hits, bars)
    return score.Score(id="score", partlist=parts)


def _places(transcription: Transcription) -> list[Place]:
    """Of the drums that are hit."""
    places = {place_of(hit.key) for hit in transcription.drum_hits}
    return sorted(places, key=lambda place: place.key)


def _add_notes(part: Any, written: WrittenNotes, key: tuple[int, str], *, staves: Sequence[int], bars: Bars) -> None:
    """Put notes and rests into a part, spelled in a key (as `key_of` gives it)."""
    from partitura import score

    voices: Voices = defaultdict(list)
    for index, note in enumerate(written.notes):
        step, alter, octave = spelled(note.pitch, *key)
        make = partial(score.Note, step=step, octave=octave, alter=alter or None)
        voices[note.staff, note.voice].append((note, f"n{index}", make))
    _fill(part, voices, staves, bars)


def _add_hits(part: Any, hits: Sequence[ScoreNote], bars: Bars) -> None:
    """Put drum hits and rests into a part; a hit's id is that of its key behind the first hyphen."""
    from partitura import score

    voices: Voices = defaultdict(list)
    for index, hit in enumerate(hits):
        place = place_of(hit.pitch)
        head = place.head if place.head != "normal" else None
        make = partial(
            score.UnpitchedNote,
            place.step,
            place.octave,
            notehead=head,
            stem_direction="down" if place.voice == FEET else "up",
        )
        voices[hit.staff, hit.voice].append((hit, f"h{index}-{place.key}", make))
    _fill(part, voices, (UPPER,), bars)


def _fill(part: Any, voices: Voices, staves: Sequence[int], bars: Bars) -> None:
    """Put the notes of voices into a part, each cut into pieces that can be written and tied again, and rests."""
    for staff in staves:
        for voice in range(1, VOICES_PER_STAFF + 1):
            number = (staff - 1) * VOICES_AND_SPARE + voice
            placed = [*_placed_notes(part, voices[staff, voice], number, staff, bars)]
            placed += _placed_rests(part, placed, number, staff, bars, every_bar=voice == 1)
            _add_tuplets(part, placed, bars)


def _placed_notes(
    part: Any, notes: Sequence[tuple[ScoreNote, str, Callable[..., Any]]], voice: int, staff: int, bars: Bars
) -> Iterator[tuple[int, int, Any]]:
    """Puts the notes of a voice into a part, and gives the tick, length and object of each piece."""
    for note, identity, make in notes:
        before = None
        for start, length in bars.notes(note.onset, note.duration):
            symbol = dict(_SYMBOLS[length])
            piece = make(id=f"{identity}-{start}", voice=voice, staff=staff, symbolic_duration=symbol)
            part.add(piece, start - bars.start, start + length - bars.start)
            piece.tie_prev = before
            if before is not None:
                before.tie_next = piece
            before = piece
            yield start, length, piece


def _placed_rests(
    part: Any, placed: Sequence[tuple[int, int, Any]], voice: int, staff: int, bars: Bars, *, every_bar: bool
) -> list[tuple[int, int, Any]]:
    """Puts rests into a part where a voice is silent: in every bar, or only in bars where it has notes."""
    from partitura import score

    filled: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for start, length, _ in placed:
        filled[start // bars.length].add((start, start + length))
    found = []
    for bar_start, bar_end in bars.spans():
        sounding = sorted(filled[bar_start // bars.length])
        if not sounding and every_bar:
            rest = score.Rest(id=f"{BAR_REST}{voice}-{bar_start}", voice=voice, staff=staff)
            part.add(rest, bar_start - bars.start, bar_end - bars.start)
        if not sounding:
            continue
        at = bar_start
        for start, end in [*sounding, (bar_end, bar_end)]:
            for rest_start, length in bars.rests(at, start):
                identity, symbol = f"r{voice}-{rest_start}", dict(_SYMBOLS[length])
                rest = score.Rest(id=identity, voice=voice, staff=staff, symbolic_duration=symbol)
                part.add(rest, rest_start - bars.start, rest_start + length - bars.start)
                found.append((rest_start, length, rest))
            at = max(at, end)
    return found


def _add_tuplets(part: Any, placed: Iterable[tuple[int, int, Any]], bars: Bars) -> None:
    """Bracket what is written as a triplet in one quarter."""
    from partitura import score

    by_quarter: defaultdict[int, list[tuple[int, Any]]] = defaultdict(list)
    for start, length, written in placed:
        if "actual_notes" in _SYMBOLS[length]:
            by_quarter[start // TICKS_PER_QUARTER].append((start, written))
    for quarter, members in by_quarter.items():
        # Of a chord the highest note, which stands first in the file, speaks for the chord.
        first = min(members, key=lambda member: (member[0], -_pitch(member[1])))
        last = max(members, key=lambda member: (member[0], _pitch(member[1])))
        start = quarter * TICKS_PER_QUARTER - bars.start
        part.add(score.Tuplet(first[1], last[1]), start, start + TICKS_PER_QUARTER)


def _pitch(written: Any) -> int:
    return getattr(written, "midi_pitch", 0)
