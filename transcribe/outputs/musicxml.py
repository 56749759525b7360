"""Writes a score to read and edit: MusicXML, which MuseScore, Finale, Sibelius and Dorico open.

Notes are put on the beat grid (see quantisation.py) in bars of as many quarters as were heard, with rests, ties and
triplets, spelled in the key that fits best. Keyboards have two staves, split at middle C, unless one clef holds what
they play; the sustain pedal is a line below a piano. Drums have a staff of their own, with heads and stems as drummers
read them (see percussion.py).

Needs partitura, which the extra "score" brings.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np

from mp3tomidi.transcribe.events import DrumHit, MetreChange, Note, Transcription, program_name
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.outputs.files import write_bytes
from mp3tomidi.transcribe.outputs.midi import pedalled_programs, quarter_times_s
from mp3tomidi.transcribe.outputs.percussion import FEET, Place, place_of, written_hits
from mp3tomidi.transcribe.outputs.spelling import spelled
from mp3tomidi.transcribe.rhythm.quantisation import (
    EIGHTH,
    LOWER,
    MIDDLE_C,
    TICKS_PER_BEAT,
    UPPER,
    VOICES_PER_STAFF,
    ScoreNote,
    WrittenNotes,
    begun_earlier,
    positions,
    quantise,
)

USUAL_METRE = MetreChange(0.0, 4)
DRUMS = "Drums"
TWO_STAVES = ("piano", "keys")  # families
LOWEST_IN_TREBLE, HIGHEST_IN_BASS = 55, 64  # two ledger lines
FEW_PERCENT = 2
VOICES_AND_SPARE = 4  # numbers of voices for each staff, as MuseScore counts: 1 to 4 above, 5 to 8 below
_TRIPLET = {"actual_notes": 3, "normal_notes": 2}
_WHOLE_BEATS = (48, 36, 24, 12)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # a file's name may hold it
# How each length in ticks is written.
_SYMBOLS: dict[int, dict[str, Any]] = {
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

    Raises:
        OutputError: the destination cannot be written.
    """
    import partitura

    content: bytes = partitura.save_musicxml(to_score(transcription))
    write_bytes(_completed(content, title, _programs(transcription), _places(transcription)), destination)


def beats_of(transcription: Transcription) -> list[float]:
    """When quarters fall by the tempo map (120 a minute without one), seconds, from the first that begins a bar."""
    return quarter_times_s(transcription)


def to_score(transcription: Transcription) -> Any:
    """The transcription as a `partitura.score.Score`, a part for each program, and one for the drums.

    All bars are like the last that `Transcription.metre` tells of; where notes begin before the first bar, it has
    another before it (two in 7/8 and the like, which are whole quarters).
    """
    from partitura import score

    metre = transcription.metre[-1] if transcription.metre else USUAL_METRE
    bar_ticks = round(metre.bar_quarters * TICKS_PER_BEAT)
    beats = beats_of(transcription)
    first_events: list[Note | DrumHit] = [*transcription.notes[:1], *transcription.drum_hits[:1]]
    if first_events:
        beats = begun_earlier(beats, min(event.onset_s for event in first_events), _whole_quarters(metre))
    by_program: defaultdict[int, list[Note]] = defaultdict(list)
    for note in transcription.notes:
        by_program[note.program].append(note)
    parts_of: dict[int, tuple[WrittenNotes, bool]] = {}
    for program in _programs(transcription):
        two_staves = _needs_two_staves(program, by_program[program])
        parts_of[program] = quantise(by_program[program], beats, two_staves=two_staves, bar_ticks=bar_ticks), two_staves
    everything = [note for written, _ in parts_of.values() for note in written.notes]
    hits = written_hits(transcription.drum_hits, beats, bar_ticks)
    end = max((note.onset + note.duration for note in (*everything, *hits)), default=1)
    bar_lines = range(0, end + bar_ticks, bar_ticks)
    fifths, mode = _key(everything)
    beats_per_minute = 60.0 * (len(beats) - 1) / (beats[-1] - beats[0])

    def new_part(name: str) -> Any:
        part = score.Part(f"P{len(parts) + 1}", part_name=name, quarter_duration=TICKS_PER_BEAT)
        part.add(score.TimeSignature(metre.beats_per_bar, metre.beat_unit), 0)
        if not parts:
            part.add(score.Tempo(round(beats_per_minute), "q"), 0)
        for number, (start, stop) in enumerate(pairwise(bar_lines), start=1):
            part.add(score.Measure(number=number, name=str(number)), start, stop)
        parts.append(part)
        return part

    pedalled = pedalled_programs(parts_of)
    parts: list[Any] = []
    for program, (written, two_staves) in parts_of.items():
        part = new_part(program_name(program))
        part.add(score.KeySignature(fifths, mode), 0)
        for staff, sign in _clefs(written.notes, two_staves):
            part.add(score.Clef(staff, sign, 2 if sign == "G" else 4, 0), 0)
        staves = (UPPER, LOWER) if two_staves else (UPPER,)
        _add_notes(part, written, (fifths, mode), staves=staves, bar_lines=bar_lines)
        if program in pedalled:
            _add_pedal(part, transcription, beats, staff=staves[-1], end=bar_lines[-1])
    if hits:
        part = new_part(DRUMS)
        part.add(score.Clef(UPPER, "percussion", 2, 0), 0)
        _add_hits(part, hits, bar_lines)
    return score.Score(id="score", partlist=parts)


def _whole_quarters(metre: MetreChange) -> int:
    """The length in quarters of the fewest bars that are a whole number of them."""
    return next(round(count * metre.bar_quarters) for count in range(1, 9) if (count * metre.bar_quarters) % 1 == 0)


def _programs(transcription: Transcription) -> list[int]:
    """Of the score's pitched parts, in their order; an empty score is one for piano."""
    programs = sorted({note.program for note in transcription.notes})
    return programs if programs or transcription.drum_hits else [0]


def _places(transcription: Transcription) -> list[Place]:
    """Of the drums that are hit."""
    places = {place_of(hit.key) for hit in transcription.drum_hits}
    return sorted(places, key=lambda place: place.key)


def _completed(content: bytes, title: str, programs: Sequence[int], places: Sequence[Place]) -> bytes:
    """Adds what partitura leaves out: the title, and each part's instruments, without which MuseScore complains.

    The pedal comes up as the schema says it. Stems and heads come where the schema has them, behind the length of a
    note. The rests of a staff's second voice are not printed, as engravers leave them out where the first shows the
    time: they would lie on its notes.
    """
    from lxml import etree

    root = etree.fromstring(content)
    if title:
        work = etree.Element("work")
        etree.SubElement(work, "work-title").text = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", title)
        root.insert(0, work)
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
    for pedal in root.iter("pedal"):
        if pedal.get("type") == "end":  # which is partitura's word, not the schema's
            pedal.set("type", "stop")
    for note in root.iter("note"):
        if note.find("rest") is not None and int(note.findtext("voice")) % VOICES_AND_SPARE == 2:
            note.set("print-object", "no")
        if note.find("unpitched") is not None:
            key = note.get("id").split("-")[1]  # as _add_hits calls them
            note.insert(note.index(note.find("duration")) + 1, etree.Element("instrument", id=f"P{number}-I{key}"))
        at = next(note.find(name) for name in ("time-modification", "dot", "type") if note.find(name) is not None)
        for name in ("notehead", "stem"):
            if (element := note.find(name)) is not None:
                at.addnext(element)
    tree = root.getroottree()
    completed: bytes = etree.tostring(tree, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return completed


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


def _needs_two_staves(program: int, notes: Sequence[Note]) -> bool:
    """Whether it is a keyboard's, and not a part that one clef holds but for a few notes."""
    if program not in PROGRAMS or PROGRAMS[program].family not in TWO_STAVES:
        return False
    if not notes:
        return True
    low, high = np.percentile([note.pitch for note in notes], [FEW_PERCENT, 100 - FEW_PERCENT])
    return bool(low < LOWEST_IN_TREBLE and high > HIGHEST_IN_BASS)


def _clefs(notes: Sequence[ScoreNote], two_staves: bool) -> list[tuple[int, str]]:
    if two_staves:
        return [(UPPER, "G"), (LOWER, "F")]
    low = bool(notes) and float(np.median([note.pitch for note in notes])) < MIDDLE_C
    return [(UPPER, "F" if low else "G")]


def _note_array(notes: Iterable[ScoreNote]) -> Any:
    rows = [(n.onset / TICKS_PER_BEAT, n.duration / TICKS_PER_BEAT, n.pitch) for n in notes]
    return np.array(rows, [("onset_beat", "f8"), ("duration_beat", "f8"), ("pitch", "i4")])


def _key(notes: Sequence[ScoreNote]) -> tuple[int, str]:
    """Sharps (positive) or flats (negative) and the mode whose profile the notes' lengths fit best.

    By Temperley's profiles (1999) 286 of 300 tunes of the Nottingham database get their signature, by Krumhansl's and
    Kessler's, which partitura takes otherwise, 262.
    """
    if not notes:
        return 0, "major"
    from partitura.musicanalysis import estimate_key
    from partitura.utils.music import key_name_to_fifths_mode

    fifths, mode = key_name_to_fifths_mode(estimate_key(_note_array(notes), key_profiles="temperley"))
    return fifths, mode


def _add_notes(
    part: Any, written: WrittenNotes, key: tuple[int, str], *, staves: Sequence[int], bar_lines: range
) -> None:
    """Put notes and rests into a part, spelled in a key (as `_key` gives it)."""
    from partitura import score

    voices: Voices = defaultdict(list)
    for index, note in enumerate(written.notes):
        step, alter, octave = spelled(note.pitch, *key)
        make = partial(score.Note, step=step, octave=octave, alter=alter or None)
        voices[note.staff, note.voice].append((note, f"n{index}", make))
    _fill(part, voices, staves, bar_lines)


def _add_pedal(part: Any, transcription: Transcription, beats: Sequence[float], *, staff: int, end: int) -> None:
    """Put the presses of the sustain pedal into a part that ends at tick `end`, to the nearest eighth.

    Of a press that falls on another's eighths, or is shorter than one, nothing is written.
    """
    from partitura import score

    written_until = 0
    for down_s, up_s in transcription.pedal_presses:
        down, up = (
            EIGHTH * round(float(place) * TICKS_PER_BEAT / EIGHTH)
            for place in positions(np.array([down_s, up_s]), beats)
        )
        down, up = max(down, written_until), min(up, end)
        if up > down:
            part.add(score.SustainPedalDirection(line=True, staff=staff), down, up)
            written_until = up


def _add_hits(part: Any, hits: Sequence[ScoreNote], bar_lines: range) -> None:
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
    _fill(part, voices, (UPPER,), bar_lines)


def _fill(part: Any, voices: Voices, staves: Sequence[int], bar_lines: range) -> None:
    """Put the notes of voices into a part, each cut into pieces that can be written and tied again, and rests."""
    from partitura import score

    for staff in staves:
        for voice in range(1, VOICES_PER_STAFF + 1):
            number = (staff - 1) * VOICES_AND_SPARE + voice
            placed: list[tuple[int, int, Any]] = []
            for note, identity, make in voices[staff, voice]:
                before = None
                for start, length in pieces(note.onset, note.duration, bar_lines.step):
                    written_note = make(
                        id=f"{identity}-{start}",
                        voice=number,
                        staff=staff,
                        symbolic_duration=dict(_SYMBOLS[length]),
                    )
                    part.add(written_note, start, start + length)
                    written_note.tie_prev = before
                    if before is not None:
                        before.tie_next = written_note
                    before = written_note
                    placed.append((start, length, written_note))
            for start, end in _gaps(placed, bar_lines, every_bar=voice == 1):
                for at, length in pieces(start, end - start, bar_lines.step):
                    rest = score.Rest(
                        id=f"r{number}-{at}", voice=number, staff=staff, symbolic_duration=dict(_SYMBOLS[length])
                    )
                    part.add(rest, at, at + length)
                    placed.append((at, length, rest))
            _add_tuplets(part, placed)


def pieces(onset: int, duration: int, bar: int) -> Iterator[tuple[int, int]]:
    """Cuts a note or rest into (start, length) in ticks so that each can be written and the beats are seen.

    bar: the length of the bars, in ticks; one begins at tick 0.
    """
    end = onset + duration
    while onset < end:
        length = _first_piece(onset, min(end, (onset // bar + 1) * bar) - onset, onset % bar)
        yield onset, length
        onset += length


def _first_piece(onset: int, duration: int, in_bar: int) -> int:
    """The length of the first piece of what lies in one bar, `in_bar` ticks after its line."""
    in_beat = onset % TICKS_PER_BEAT
    if in_beat == 0:
        if duration < TICKS_PER_BEAT or duration == TICKS_PER_BEAT + EIGHTH:
            return duration
        return next(length for length in _WHOLE_BEATS if length <= duration)
    syncopated = in_beat == EIGHTH and duration == TICKS_PER_BEAT and in_bar % (2 * TICKS_PER_BEAT) == EIGHTH
    return duration if syncopated else min(duration, TICKS_PER_BEAT - in_beat)


def _gaps(placed: Sequence[tuple[int, int, Any]], bar_lines: range, *, every_bar: bool) -> Iterator[tuple[int, int]]:
    """Where a voice is silent in its bars: in every bar of a staff's first voice, of another where it has notes."""
    spans: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for start, length, _ in placed:
        spans[start - start % bar_lines.step].add((start, start + length))
    for bar in bar_lines[:-1] if every_bar else sorted(spans):
        at = bar
        for start, end in [*sorted(spans[bar]), (bar + bar_lines.step, 0)]:
            if start > at:
                yield at, start
            at = max(at, end)


def _add_tuplets(part: Any, placed: Iterable[tuple[int, int, Any]]) -> None:
    """Bracket what is written as a triplet in one beat."""
    from partitura import score

    by_beat: defaultdict[int, list[tuple[int, Any]]] = defaultdict(list)
    for start, length, written in placed:
        if "actual_notes" in _SYMBOLS[length]:
            by_beat[start // TICKS_PER_BEAT].append((start, written))
    for beat, members in by_beat.items():
        # Of a chord the highest note, which stands first in the file, speaks for the chord.
        first = min(members, key=lambda member: (member[0], -_pitch(member[1])))
        last = max(members, key=lambda member: (member[0], _pitch(member[1])))
        tuplet = score.Tuplet(first[1], last[1])
        part.add(tuplet, beat * TICKS_PER_BEAT, (beat + 1) * TICKS_PER_BEAT)


def _pitch(written: Any) -> int:
    return getattr(written, "midi_pitch", 0)
