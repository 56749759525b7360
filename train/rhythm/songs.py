"""Composes songs of freely drawn style, tempo and metre whose beats and bars are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.rhythm.arrangements import arrangement
from mp3tomidi.train.rhythm.metres import SONG_METRES
from mp3tomidi.train.rhythm.pitched_parts import Played
from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.metres import Metre

LONGEST_S = 60.0
SHORTEST_S = 20.0
LONGEST_LEAD_S = 2.0
CLICK_SHARE, DRIFT_SHARE = 0.6, 0.25  # of songs; the others are played freely (rubato)


@dataclass(frozen=True)
class Song:
    """A song as it is played, and its beats.

    beats_s: the times of the beats, as `Metre` counts them; first_downbeat: the first of them to begin a bar.
    """

    notes: tuple[Note, ...]
    drum_hits: tuple[DrumHit, ...]
    metre: Metre
    beats_per_minute: float
    beats_s: NDArray[np.float64]
    first_downbeat: int
    duration_s: float
    to_a_click: bool
    bars_known: bool = True


def compose(rng: np.random.Generator) -> Song:
    """Draw a song."""
    shares = np.array([share.share for _, share in SONG_METRES])
    metre, tempos = SONG_METRES[rng.choice(len(SONG_METRES), p=shares / shares.sum())]
    beats_per_minute = float(np.exp(rng.uniform(np.log(tempos.slowest), np.log(tempos.fastest))))
    to_a_click = bool(rng.random() < CLICK_SHARE)
    if to_a_click:
        beats_per_minute = float(round(beats_per_minute))
    seconds = rng.uniform(SHORTEST_S, LONGEST_S)
    bar_count = max(8, round(seconds * beats_per_minute / 60 / metre.beats))
    bar_count = min(bar_count, max(4, int(90 * beats_per_minute / 60 / metre.beats)))
    upbeats = int(rng.integers(0, metre.beats)) if rng.random() < 0.25 else 0
    beat_count = upbeats + bar_count * metre.beats + 1
    lead_s = rng.uniform(0.02, LONGEST_LEAD_S) if rng.random() < 0.8 else 0.0
    beats_s = lead_s + _beat_times(rng, beats_per_minute, beat_count, to_a_click)
    strokes, played = arrangement(rng, metre, beats_per_minute, bar_count)
    if not upbeats:
        strokes = [stroke for stroke in strokes if stroke[0] >= 0]
        played = [note for note in played if note[0] >= 0]
    at = _Clock(beats_s, upbeats, rng.uniform(0.58, 0.7) if metre.swung else 0.5)
    notes = sorted(_note(at, note) for note in played if note[0] >= -upbeats)
    hits = sorted(DrumHit(at(where), key, _velocity(v)) for where, key, v in strokes if where >= -upbeats)
    end_s = float(beats_s[-1]) + 1.0
    return Song(tuple(notes), tuple(hits), metre, beats_per_minute, beats_s, upbeats, end_s, to_a_click)


class _Clock:
    """From positions in beats, counted from the first bar, to seconds."""

    def __init__(self, beats_s: NDArray[np.float64], upbeats: int, swing: float) -> None:
        self.beats_s, self.upbeats, self.swing = beats_s, upbeats, swing

    def __call__(self, position: float) -> float:
        beat, within = divmod(position + self.upbeats, 1.0)
        within = within * 2 * self.swing if within <= 0.5 else self.swing + (within - 0.5) * 2 * (1 - self.swing)
        count = len(self.beats_s)
        inside = min(beat + within, count - 1)
        after = (beat + within - inside) * (self.beats_s[-1] - self.beats_s[-2])
        return float(np.interp(inside, np.arange(count), self.beats_s) + after)


def _note(at: _Clock, note: Played) -> Note:
    where, length, pitch, velocity = note
    onset_s = at(where)
    return Note(onset_s, max(at(where + length), onset_s + 0.03), pitch, _velocity(velocity))


def _velocity(value: float) -> int:
    return int(np.clip(round(value), 1, 127))


def _beat_times(rng: np.random.Generator, beats_per_minute: float, count: int, to_a_click: bool) -> NDArray[np.float64]:
    beat_s = np.full(count - 1, 60.0 / beats_per_minute)
    if not to_a_click:
        free = rng.random() > DRIFT_SHARE / (1 - CLICK_SHARE)
        reach, memory_s = (rng.uniform(0.04, 0.12), 4.0) if free else (rng.uniform(0.005, 0.03), 10.0)
        keep = np.exp(-beat_s[0] / memory_s)
        drift = 0.0
        for beat in range(count - 1):
            drift = keep * drift + np.sqrt(1 - keep**2) * rng.normal(0, reach)
            beat_s[beat] *= np.exp(drift)
    return np.concatenate([[0.0], np.cumsum(beat_s)])
