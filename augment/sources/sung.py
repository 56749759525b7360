"""Sung lines: spoken syllables re-sung with drawn pitch curves, by women, men, children and choirs.

Half of the singers are amateurs: off pitch, off the key they began in, unsteady on long notes, sloppy in time. The
labels are what a listener would write down all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mp3tomidi.augment.sources.source import SAMPLE_RATE, RenderedInstrument, RenderedPhrase
from mp3tomidi.augment.sources.sung_articulation import Repertoire, articulate, choose_syllables
from mp3tomidi.augment.sources.sung_melody import Line, draw_line
from mp3tomidi.augment.sources.sung_pitch import Curve, Manner, draw_manner, draw_pitch
from mp3tomidi.augment.sources.sung_speakers import SPEAKERS, Speaker, Timbre, repertoires, timbres
from mp3tomidi.augment.sources.sung_syllables import FRAME_S
from mp3tomidi.augment.sources.sung_voice import draw_throat, synthesize

SOLO_PROGRAM, CHOIR_PROGRAM = 53, 52  # voice oohs, choir aahs
AMATEUR_SHARE = 0.5
LONGEST_PHRASE_S = 9.0
_SHORTEST_PHRASE_S = 4.0
_FEWEST_NOTES = 2
_CHOIR_MEMBERS = ((0.92, 0.0), (0.95, 1.5), (0.98, -1.5), (1.02, 2.0), (1.05, -1.0), (1.08, 0.5))  # warp, tilt_db


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
) -> Performance:
    """Sing `line` once, in `duration_s` seconds; the same `words_seed` chooses the same syllables."""
    line = _in_frames(line)
    pairs = zip(line.notes[:-1], line.notes[1:], strict=True)
    joined = [False] + [after.onset_s - before.offset_s < FRAME_S / 2 for before, after in pairs]
    pitch = draw_pitch(rng, line.notes, joined, round(duration_s / FRAME_S), manner)
    sung = choose_syllables(np.random.default_rng(words_seed), line, repertoire)
    articulation = articulate(rng, line, pitch, repertoire, sung, program=program, dynamics_db=dynamics_db)
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
    line, duration_s = _draw_line(rng, voice_range, looseness=float(rng.uniform(0.03, 0.1)) if amateur else 0.03)
    return perform(
        rng,
        repertoire,
        line,
        draw_manner(rng, amateur=amateur),
        duration_s=duration_s,
        dynamics_db=float(rng.uniform(1.0, 3.5)),
        words_seed=int(rng.integers(2**31)),
    )


def _draw_line(rng: np.random.Generator, voice_range: tuple[int, int], *, looseness: float) -> tuple[Line, float]:
    """A line of two notes at least, and the seconds that it has."""
    lowest, highest = voice_range
    while True:
        duration_s = float(rng.uniform(_SHORTEST_PHRASE_S, LONGEST_PHRASE_S))
        line = draw_line(rng, lowest=lowest, highest=highest, duration_s=duration_s, looseness=looseness)
        if len(line.notes) >= _FEWEST_NOTES:
            return line, duration_s


def draw_choir_phrase(
    rng: np.random.Generator, singers: Sequence[Repertoire], voice_range: tuple[int, int]
) -> RenderedPhrase:
    """One line sung by several voices (all of one speaker, so that they agree on the words), none quite together.

    The notes are labelled where the middle one of the voices begins and ends them.
    """
    line, duration_s = _draw_line(rng, voice_range, looseness=0.03)
    words_seed = int(rng.integers(2**31))
    count = int(rng.integers(3, len(singers) + 1))
    phrases = []
    for index in rng.permutation(len(singers))[:count]:
        trained = draw_manner(rng, amateur=False)
        manner = replace(
            trained,
            vibrato=min(trained.vibrato, 0.35),
            intonation_sd=float(rng.uniform(0.03, 0.14)),
            drift_sd=float(rng.uniform(0.03, 0.09)),
            timing_sd_s=0.012,
        )
        late_s = float(np.clip(rng.normal(0, 0.015), -0.035, 0.035))
        shifted = [replace(note, onset_s=note.onset_s + late_s, offset_s=note.offset_s + late_s) for note in line.notes]
        member = Line(tuple(shifted), line.words)
        sung = perform(
            rng,
            singers[index],
            member,
            manner,
            duration_s=duration_s,
            dynamics_db=1.0,
            program=CHOIR_PROGRAM,
            words_seed=words_seed,
        )
        phrases.append(sung.phrase)
    notes = phrases[0].notes.copy()
    notes["onset_s"] = np.median([phrase.notes["onset_s"] for phrase in phrases], axis=0)
    ends = np.median([phrase.notes["offset_s"] for phrase in phrases], axis=0)
    notes["offset_s"] = np.minimum(ends, np.append(notes["onset_s"][1:], np.inf))
    notes["velocity"] = np.mean([phrase.notes["velocity"] for phrase in phrases], axis=0)
    samples = np.sum([phrase.samples for phrase in phrases], axis=0) / np.sqrt(count)
    return RenderedPhrase(samples.astype(np.float32), notes)


@dataclass(frozen=True, slots=True)
class Sung:
    """The source of sung phrases: `minutes` in all, shared among the timbres by weight, and choirs.

    The same `seed` gives the same phrases, each instrument by itself. Raises SpeechEngineError, when an instrument
    is iterated over, if the program that speaks its syllables is missing.
    """

    minutes: float = 120.0
    seed: int = 0
    speakers: tuple[Speaker, ...] = SPEAKERS
    name: str = "sung"

    def instruments(self) -> Iterator[RenderedInstrument]:
        solos = timbres(self.speakers)
        weights = [timbre.speaker.weight for timbre in solos] + [speaker.weight for speaker in self.speakers]
        seconds_a_weight = 60 * self.minutes / sum(weights)
        for index, timbre in enumerate(solos):
            yield RenderedInstrument(
                name=timbre.name,
                family="voice",
                program=SOLO_PROGRAM,
                licence=timbre.speaker.licence,
                attribution=timbre.speaker.attribution,
                phrases=_solo_phrases(timbre, self._rng(index), timbre.speaker.weight * seconds_a_weight),
            )
        for index, speaker in enumerate(self.speakers):
            yield RenderedInstrument(
                name=f"choir/{speaker.name}",
                family="voice",
                program=CHOIR_PROGRAM,
                licence=speaker.licence,
                attribution=speaker.attribution,
                phrases=_choir_phrases(speaker, self._rng(len(solos) + index), speaker.weight * seconds_a_weight),
            )

    def _rng(self, index: int) -> np.random.Generator:
        """Of the instrument's own, so that a bank that goes on where it stopped ends up the same."""
        return np.random.default_rng([self.seed, index])


def _solo_phrases(timbre: Timbre, rng: np.random.Generator, seconds: float) -> Iterator[RenderedPhrase]:
    repertoire = timbre.repertoire()
    sung_s = 0.0
    while sung_s < seconds:
        phrase = draw_performance(rng, repertoire, timbre.voice_range).phrase
        sung_s += len(phrase.samples) / SAMPLE_RATE
        yield phrase


def _choir_phrases(speaker: Speaker, rng: np.random.Generator, seconds: float) -> Iterator[RenderedPhrase]:
    middle = float(rng.uniform(0.95, 1.15))
    members = [Timbre(speaker, middle * factor, tilt) for factor, tilt in _CHOIR_MEMBERS]
    singers = repertoires(members)
    sung_s = 0.0
    while sung_s < seconds:
        phrase = draw_choir_phrase(rng, singers, Timbre(speaker, middle, 0.0).voice_range)
        sung_s += len(phrase.samples) / SAMPLE_RATE
        yield phrase
