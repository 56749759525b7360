"""Tempo, metre and bars of small pieces of many kinds, played as a transcriber might report them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.outputs.midi import beat_times_s
from mp3tomidi.transcribe.rhythm.tempo_map import with_tempo

KICK, SNARE, HAT, OPEN_HAT = 36, 38, 42, 46
FIRST_S = 0.5
LENGTH_S = 30.0
JITTER_S = 0.008
C, F, G, A = (48, 52, 55), (53, 57, 60), (55, 59, 62), (57, 60, 64)
CHORDS = (C, A, F, G)


@dataclass(frozen=True)
class Piece:
    """Strokes and notes of a bar in beats; a bar begins at FIRST_S.

    strokes: position, drum key. bass: position and length. chords: position and length. tune: position and length.
    """

    beats_per_minute: float
    beats: int
    signature: str
    strokes: Sequence[tuple[float, int]] = ()
    bass: Sequence[tuple[float, float]] = ()
    chords: Sequence[tuple[float, float]] = ()
    tune: Sequence[tuple[float, float]] = ()
    arpeggio: int = 0  # notes to a beat

    @property
    def bar_s(self) -> float:
        return self.beats * 60.0 / self.beats_per_minute

    def played(self, seed: int = 0) -> Transcription:
        rng = np.random.default_rng(seed)
        beat_s = 60.0 / self.beats_per_minute
        notes: list[Note] = []
        hits: list[DrumHit] = []

        def time_s(bar: int, position: float) -> float:
            return FIRST_S + (bar * self.beats + position) * beat_s + float(rng.normal(0.0, JITTER_S))

        def play(bar: int, position: float, length: float, pitch: int, velocity: int) -> None:
            onset_s = time_s(bar, position)
            if rng.random() < 0.9:
                notes.append(Note(onset_s, onset_s + 0.95 * length * beat_s, pitch, velocity))

        for bar in range(int(LENGTH_S / self.bar_s)):
            chord = CHORDS[bar % 4]
            hits += [DrumHit(time_s(bar, at), key, 90) for at, key in self.strokes if rng.random() < 0.95]
            for at, length in self.bass:
                play(bar, at, length, chord[0] - 12, 90)
            for at, length in self.chords:
                for pitch in chord:
                    play(bar, at, length, pitch, 70)
            for number, (at, length) in enumerate(self.tune):
                play(bar, at, length, (72, 76, 74, 79, 77)[(bar + number * 2) % 5], 85)
            for step in range(self.arpeggio * self.beats):
                pitch = chord[step % 3] + 12 * (step // 3 % 2)
                play(bar, step / self.arpeggio, 1 / self.arpeggio, pitch, 78 if step % self.arpeggio == 0 else 70)
        return Transcription(notes=tuple(sorted(notes)), drum_hits=tuple(sorted(hits)), duration_s=LENGTH_S + 1.0)


def evenly(parts: int, beats: int, key: int) -> list[tuple[float, int]]:
    return [(step / parts, key) for step in range(parts * beats)]


QUARTERS = [(float(beat), 0.9) for beat in range(4)]
BACKBEAT = [(0.0, KICK), (1.0, SNARE), (2.0, KICK), (3.0, SNARE)]
ROCK = [*BACKBEAT, (2.5, KICK), *evenly(2, 4, HAT)]
OFFBEAT_BASS = [(beat + 0.5, 0.4) for beat in range(4)]
HOUSE = [(float(beat), KICK) for beat in range(4)] + [(1.0, SNARE), (3.0, SNARE)]
HOUSE += [(beat + 0.5, OPEN_HAT) for beat in range(4)]
SWUNG = [(beat + late, HAT) for beat in range(4) for late in (0.0, 2 / 3)]
PIECES = {
    "rock 60": Piece(60.0, 4, "4/4", ROCK, QUARTERS, tune=[(0, 1), (1.5, 0.5), (2, 1), (3, 0.5), (3.5, 0.5)]),
    "kick and snare 60": Piece(60.0, 4, "4/4", BACKBEAT, QUARTERS),
    "rock 174": Piece(174.0, 4, "4/4", ROCK, QUARTERS, tune=[(0, 2), (2, 1), (3, 1)]),
    "rock 180": Piece(180.0, 4, "4/4", ROCK, QUARTERS, [(0, 4)]),
    "house 90": Piece(90.0, 4, "4/4", HOUSE, OFFBEAT_BASS, [(0, 3.9)]),
    "house 124": Piece(124.0, 4, "4/4", HOUSE, OFFBEAT_BASS, [(0, 3.9)]),
    "house 128": Piece(128.0, 4, "4/4", HOUSE, OFFBEAT_BASS, [(0, 3.9)]),
    "reggae 75": Piece(
        75.0,
        4,
        "4/4",
        [(2.0, KICK), (2.0, SNARE), *evenly(2, 4, HAT)],
        [(0, 0.9), (1.5, 0.4), (2, 0.9)],
        [(beat + 0.5, 0.25) for beat in range(4)],
    ),
    "swing 200": Piece(
        200.0, 4, "4/4", [*SWUNG, (1.0, SNARE), (3.0, SNARE)], QUARTERS, tune=[(0, 1), (1, 0.66), (1.66, 1), (3, 0.9)]
    ),
    "triplets 80": Piece(80.0, 4, "4/4", BACKBEAT, [(0, 2), (2, 2)], [(0, 4)], QUARTERS, arpeggio=3),
    "waltz 140": Piece(140.0, 3, "3/4", (), [(0, 0.9)], [(1, 0.7), (2, 0.7)], [(0, 1.5), (1.5, 0.5), (2, 1)]),
    "waltz 180": Piece(180.0, 3, "3/4", (), [(0, 0.9)], [(1, 0.7), (2, 0.7)], [(0, 2), (2, 1)]),
    "waltz of chords 110": Piece(110.0, 3, "3/4", (), (), [(0, 1), (1, 1), (2, 1)]),
    "jig 110": Piece(110.0, 2, "6/8", (), [(0, 1), (1, 1)], (), [(k / 3, 0.3) for k in range(6)]),
    "five 120": Piece(
        120.0, 5, "5/4", [(0, KICK), (2, SNARE), (3, KICK), (4, SNARE), *evenly(2, 5, HAT)], [(0, 3), (3, 2)], [(0, 5)]
    ),
    "arpeggio 100": Piece(100.0, 4, "4/4", (), [(0, 4)], (), (), arpeggio=4),
}

ALSO_WRITTEN = {"triplets 80": ("4/4", "12/8", "6/8")}  # the beat is the same
BARS_UNKNOWN = ("waltz of chords 110",)  # every beat is like the others


def told(piece: Piece, heard: Transcription) -> tuple[str, float, float]:
    """Signature, beats a minute, and by how much bars miss those of the piece, in beats."""
    (bar,) = heard.metre
    rate = heard.tempo[-1].beats_per_minute / bar.tapped_quarters
    late_beats = (bar.time_s - FIRST_S) / piece.bar_s % 1.0 * piece.beats
    return f"{bar.beats_per_bar}/{bar.beat_unit}", rate, min(late_beats, piece.beats - late_beats)


@pytest.mark.parametrize("name", PIECES)
def test_tempo_metre_and_bars_are_found(name: str) -> None:
    piece = PIECES[name]
    signature, rate, late_beats = told(piece, with_tempo(piece.played()))
    assert rate == pytest.approx(piece.beats_per_minute, abs=0.01)  # it is a click's
    assert signature in ALSO_WRITTEN.get(name, (piece.signature,))
    if name not in BARS_UNKNOWN:
        assert late_beats < 0.1


@pytest.mark.parametrize("name", ["house 124", "reggae 75", "rock 60"])
def test_beats_of_a_given_tempo_lie_on_the_drums(name: str) -> None:
    piece = PIECES[name]
    found = with_tempo(piece.played(), piece.beats_per_minute)
    beats_s = np.array(beat_times_s(found)[0])
    wanted_s = np.arange(FIRST_S, LENGTH_S, 60.0 / piece.beats_per_minute)
    assert np.abs(wanted_s[:, None] - beats_s).min(axis=1).max() < 0.03


def test_a_tempo_range_decides_the_octave() -> None:
    heard = PIECES["rock 174"].played()
    for limits, rate in (((60.0, 100.0), 87.0), ((140.0, 200.0), 174.0)):
        found = with_tempo(heard, limits)
        assert found.tempo[-1].beats_per_minute == pytest.approx(rate, abs=0.01)
        assert found.tempo[0].beats_per_minute == pytest.approx(rate, abs=0.01)


def test_a_tempo_range_that_excludes_all_leaves_no_beat() -> None:
    found = with_tempo(PIECES["rock 60"].played(), (500.0, 600.0))
    assert (found.tempo, found.metre, found.beat_explanations) == ((), (), ())


def test_a_metre_that_is_named_is_taken_and_its_probability_is_the_music_s() -> None:
    heard = PIECES["waltz 140"].played()
    for tempo in (None, 140.0):
        found = with_tempo(heard, tempo, "4/4")
        assert [(bar.beats_per_bar, bar.beat_unit) for bar in found.metre] == [(4, 4)]
        assert found.beat_explanations[0].probability < 0.05
    right = with_tempo(heard, None, "3/4")
    assert right.beat_explanations[0].probability > 0.9
    assert right.metre == with_tempo(heard).metre
