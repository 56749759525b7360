"""One singer and one line: from a manner and a diction to sound and note labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mp3tomidi.augment.sources.source import RenderedPhrase
from mp3tomidi.augment.sources.sung.articulation import CLEAR, Diction, articulate, draw_diction
from mp3tomidi.augment.sources.sung.melody import Line, draw_line
from mp3tomidi.augment.sources.sung.pitch import Curve, Manner, draw_manner, draw_pitch
from mp3tomidi.augment.sources.sung.syllables import FRAME_S
from mp3tomidi.augment.sources.sung.voice import draw_throat, synthesize
from mp3tomidi.augment.sources.sung.words import Repertoire, choose_syllables, echo

SOLO_PROGRAM = 53  # voice oohs
AMATEUR_SHARE = 0.5
LONGEST_PHRASE_S = 9.0
_SHORTEST_PHRASE_S = 4.0
_FEWEST_NOTES = 2


@dataclass(frozen=True, slots=True)
class Performance:
    """A sung phrase and what was meant by it: `curve` is the MIDI pitch every FRAME_S, `arrivals_s` [notes] the
    times at which each note's glide is half done, `line` what was written."""

    phrase: RenderedPhrase
    line: Line
    curve: Curve
    arrivals_s: Curve


def perform(
    rng: np.random.Generator,
    repertoire: Repertoire,
    line: Line,
    manner: Manner,
    *,
    duration_s: float,
    dynamics_db: float = 2.0,
    program: int = SOLO_PROGRAM,
    words_seed: int = 0,
    leader: Repertoire | None = None,
    diction: Diction = CLEAR,
) -> Performance:
    """Sing `line` once, in `duration_s` seconds; the same `words_seed` chooses the same syllables.

    With a `leader` they are chosen from the leader's repertoire and sung as well as this one can.
    """
    line = _in_frames(line)
    pairs = zip(line.notes[:-1], line.notes[1:], strict=True)
    joined = [False] + [after.onset_s - before.offset_s < FRAME_S / 2 for before, after in pairs]
    pitch = draw_pitch(rng, line.notes, joined, round(duration_s / FRAME_S), manner)
    sung = choose_syllables(np.random.default_rng(words_seed), line, leader or repertoire)
    if leader is not None:
        sung = [echo(syllable, repertoire) for syllable in sung]
    articulation = articulate(
        rng, line, pitch, repertoire, sung, program=program, dynamics_db=dynamics_db, diction=diction
    )
    samples = synthesize(rng, articulation, pitch.curve, draw_throat(rng))
    return Performance(RenderedPhrase(samples, articulation.notes), line, pitch.curve, pitch.arrivals_s)


def _in_frames(line: Line) -> Line:
    """Times rounded to whole frames, so that the labels are exact."""
    notes = [
        replace(
            note,
            onset_s=round(note.onset_s / FRAME_S) * FRAME_S,
            offset_s=round(note.offset_s / FRAME_S) * FRAME_S,
        )
        for note in line.notes
    ]
    return Line(tuple(notes), line.words)


def draw_performance(rng: np.random.Generator, repertoire: Repertoire, voice_range: tuple[int, int]) -> Performance:
    """A line of its own, sung by an amateur or a trained singer."""
    amateur = bool(rng.random() < AMATEUR_SHARE)
    looseness = float(rng.uniform(0.03, 0.1)) if amateur else 0.03
    line, duration_s = draw_timed_line(rng, voice_range, looseness=looseness)
    return perform(
        rng,
        repertoire,
        line,
        draw_manner(rng, amateur=amateur),
        duration_s=duration_s,
        dynamics_db=float(rng.uniform(1.0, 4.0)),
        words_seed=int(rng.integers(2**31)),
        diction=draw_diction(rng),
    )


def draw_timed_line(rng: np.random.Generator, voice_range: tuple[int, int], *, looseness: float) -> tuple[Line, float]:
    """A line of two notes at least, and the seconds that it has."""
    lowest, highest = voice_range
    while True:
        duration_s = float(rng.uniform(_SHORTEST_PHRASE_S, LONGEST_PHRASE_S))
        line = draw_line(rng, lowest=lowest, highest=highest, duration_s=duration_s, looseness=looseness)
        if len(line.notes) >= _FEWEST_NOTES:
            return line, duration_s
