"""Puts a transcription on the beat grid of a score: notes, drums and pedal in ticks, bars, clefs and tempo mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mp3tomidi.transcribe.events import DrumHit, MetreChange, Note, Transcription
from mp3tomidi.transcribe.outputs.bars import Bars
from mp3tomidi.transcribe.outputs.midi import quarter_times_s
from mp3tomidi.transcribe.outputs.musicxml_completion import TempoMark
from mp3tomidi.transcribe.outputs.parts import Part, by_part
from mp3tomidi.transcribe.outputs.percussion import written_hits
from mp3tomidi.transcribe.outputs.staves import clefs_of, needs_two_staves
from mp3tomidi.transcribe.rhythm.quantisation import (
    EIGHTH,
    TICKS_PER_QUARTER,
    ScoreNote,
    WrittenNotes,
    begun_earlier,
    positions,
    quantise,
)

USUAL_METRE = MetreChange(0.0, 4)
EXACT_BEATS_PER_MINUTE = 0.05


@dataclass(frozen=True)
class Written:
    """All of a transcription on the beat grid.

    pitched: by part, with the clefs (staff, sign, octaves to move) of its part.
    pedal: when the sustain pedal goes down and comes up, in ticks.
    """

    pitched: dict[Part, tuple[WrittenNotes, list[tuple[int, str, int]]]]
    hits: list[ScoreNote]
    pedal: list[tuple[int, int]]
    bars: Bars
    signature: tuple[int, int]
    tempo: TempoMark


def on_grid(transcription: Transcription) -> Written:
    """Notes of a score, in ticks from a bar line at or before the first event."""
    metre = transcription.metre[-1] if transcription.metre else USUAL_METRE
    swung = bool(transcription.beat_explanations) and transcription.beat_explanations[0].swung
    beats = quarter_times_s(transcription)
    tempo = _tempo_mark(beats, metre, swung)
    first_events: list[Note | DrumHit] = [*transcription.notes[:1], *transcription.drum_hits[:1]]
    if first_events:
        beats = begun_earlier(beats, min(event.onset_s for event in first_events), _whole_quarters(metre))
    grid = Bars.of(metre, 0, 1)
    pitched: dict[Part, tuple[WrittenNotes, list[tuple[int, str, int]]]] = {}
    for part, notes in _parts(transcription).items():
        two_staves = needs_two_staves(part.program, notes)
        written = quantise(
            notes,
            beats,
            two_staves=two_staves,
            triplets=grid.has_triplets,
            swung=swung,
            beat_ticks=grid.beat,
        )
        pitched[part] = written, clefs_of(part.program, written.notes, two_staves)
    hits = written_hits(transcription.drum_hits, beats, grid, swung=swung)
    everything = [note for written, _ in pitched.values() for note in written.notes] + hits
    start = min((note.onset for note in everything), default=0)
    end = max((note.onset + note.duration for note in everything), default=1)
    bars = Bars.of(metre, start, end)
    pedal = _pedal(transcription, beats, bars)
    return Written(pitched, hits, pedal, bars, (metre.beats_per_bar, metre.beat_unit), tempo)


def _pedal(transcription: Transcription, beats: Sequence[float], bars: Bars) -> list[tuple[int, int]]:
    """The presses of the sustain pedal in ticks, to the nearest eighth.

    Of a press that falls on another's eighths, or is shorter than one, nothing is written.
    """
    presses = []
    written_until, end = bars.start, bars.spans()[-1][1]
    for press_s in transcription.pedal_presses:
        places = positions(np.array(press_s), beats) * TICKS_PER_QUARTER / EIGHTH
        down, up = (EIGHTH * round(float(place)) for place in places)
        down, up = max(down, written_until), min(up, end)
        if up > down:
            presses.append((down, up))
            written_until = up
    return presses


def _tempo_mark(beats: Sequence[float], metre: MetreChange, swung: bool) -> TempoMark:
    """The tempo of the recording as a whole, in whole beats a minute, or in halves where that is the very tempo."""
    beats_per_minute = 60.0 / float(np.median(np.diff(beats)))
    dotted = metre.tapped_quarters > 1.0
    if dotted:
        beats_per_minute /= metre.tapped_quarters
    half = round(2 * beats_per_minute) / 2
    exact = abs(beats_per_minute - half) < EXACT_BEATS_PER_MINUTE
    return TempoMark(half if exact else round(beats_per_minute), dotted, swung)


def _whole_quarters(metre: MetreChange) -> int:
    """The length in quarters of the fewest bars that are a whole number of them."""
    return next(round(count * metre.bar_quarters) for count in range(1, 9) if (count * metre.bar_quarters) % 1 == 0)


def _parts(transcription: Transcription) -> dict[Part, list[Note]]:
    """The score's pitched parts, in their order; an empty score is one for piano."""
    parts = by_part(transcription.notes)
    return parts if parts or transcription.drum_hits else {Part(True, 0): []}
