"""Plays drum hits on a kit: layers, strokes that are never twice the same, and hats that stop each other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank, common_rate
from mp3tomidi.augment.banks.player import LEVEL_DB_PER_VELOCITY, stretch
from mp3tomidi.augment.labels import DRUM_HIT
from mp3tomidi.transcribe.array_types import Samples

# What stops the sound of a key: the closed or trodden hi-hat the open one, a hand a cuica and a triangle. Cymbals are
# stopped by no stroke, since a second one adds to the first, but by chokes.
STOPPED_BY = {46: (42, 44), 79: (78,), 81: (80,)}
TAKES = 2  # of each recorded stroke, tuned apart
TAKE_CENTS = 12.0  # by so much (standard deviation): a stick never meets a skin at the same spot and tension
STROKE_DB = 0.8  # standard deviation of single strokes from what their velocity says
STROKE_COLOUR = 0.06  # and of their treble; 0.06 is 1 dB at half the sample rate
DULLER_PER_DB = 0.012  # a recorded stroke played softer loses treble too, as skins and cymbals do
_DULLEST = -0.4
FEWEST_DB_PER_VELOCITY = 0.1  # where a kit's layers hardly differ in level, velocity must still be audible
_STOPPED_TAUS = 6.0


@dataclass(frozen=True)
class Piece:
    """The recorded strokes of one drum (rows of banks.BANK_NOTE), and what was done to it.

    `gain` is a factor; a damped drum falls to 1/e in `damping_s` on top of its own decay.
    """

    bank: Bank
    strokes: NDArray[np.void]
    gain: float = 1.0
    semitones: float = 0.0
    damping_s: float | None = None
    _takes: dict[tuple[int, int], tuple[Samples, int]] = field(default_factory=dict, compare=False, repr=False)

    def take(self, stroke: int, take: int, rng: np.random.Generator) -> tuple[Samples, int]:
        """The sound of a stroke and the sample of its onset."""
        found = self._takes.get((stroke, take))
        if found is None:
            found = self._takes[stroke, take] = self._render(self.strokes[stroke], take, rng)
        return found

    def _render(self, row: np.void, take: int, rng: np.random.Generator) -> tuple[Samples, int]:
        sound = self.bank.samples[row["start"] : row["start"] + row["length"]]
        cents = 100.0 * self.semitones + (rng.normal(0.0, TAKE_CENTS) if take else 0.0)
        if cents and len(sound) > 4:
            ratio = 2.0 ** (cents / 1200.0)
            played = stretch(sound, np.arange(int((len(sound) - 3) / ratio)) * ratio)
        else:
            ratio, played = 1.0, sound.astype(np.float32)
        onset = round(float(row["onset_samples"]) / ratio)
        if self.damping_s is not None:
            since_s = np.maximum(np.arange(len(played)) - onset, 0) / self.bank.sample_rate
            played = played * np.exp(-since_s / self.damping_s).astype(np.float32)
        return played, onset

    def levels_db(self) -> NDArray[np.float64]:
        """The level that each stroke's velocity asks for: its own, but never hardly less than a harder one's."""
        own_db = 20.0 * np.log10(np.maximum(self.strokes["level"].astype(np.float64), 1e-9))
        velocities = self.strokes["velocity"].astype(np.float64)
        wanted_db = own_db.copy()
        ceiling_db, above = np.inf, 0.0
        for velocity in np.unique(velocities)[::-1]:
            same = velocities == velocity
            level_db = own_db[same].mean()
            if np.isfinite(ceiling_db):
                level_db = min(level_db, ceiling_db - FEWEST_DB_PER_VELOCITY * (above - velocity))
            wanted_db[same] = ceiling_db = level_db
            above = velocity
        return wanted_db


@dataclass(frozen=True)
class Kit:
    """What is played for each General MIDI drum key; several keys may share a piece's strokes.

    Raises LabelsError for pieces of banks with different sample rates.
    """

    pieces: dict[int, Piece]
    stopping_s: float = 0.015  # a stopped sound falls to 1/e in this time
    sample_rate: int = field(init=False)  # Hz, of its banks

    def __post_init__(self) -> None:
        object.__setattr__(self, "sample_rate", common_rate(piece.bank for piece in self.pieces.values()))


def play_drums(
    kit: Kit,
    hits: NDArray[np.void],
    duration_s: float,
    rng: np.random.Generator,
    chokes: NDArray[np.void] | None = None,
) -> tuple[Samples, NDArray[np.void]]:
    """Stem [duration_s * kit.sample_rate] and labels (dtype DRUM_HIT) of drum hits, sorted by onset, on a kit.

    Each stroke's measured onset is laid on the hit's. Keys that the kit lacks are left out of both. `chokes` (dtype
    INSTANT, number: drum key; see `choking`) end the sound of a cymbal.
    """
    rate = kit.sample_rate
    stem = np.zeros(round(duration_s * rate), np.float32)
    played = hits[np.isin(hits["key"], list(kit.pieces))]
    stopped_s = _stopped_s(played)
    if chokes is not None:
        stopped_s = np.minimum(stopped_s, _choked_s(played, chokes))
    chance = rng.random(len(played))
    takes = rng.integers(TAKES, size=len(played))
    deviations_db = rng.normal(0.0, STROKE_DB, len(played))
    colours = rng.normal(0.0, STROKE_COLOUR, len(played))
    curves = {key: _Curve(kit.pieces[key]) for key in np.unique(played["key"]).tolist()}
    for index, hit in enumerate(played):
        curve = curves[int(hit["key"])]
        velocity = float(hit["velocity"])
        stroke = curve.choose(velocity, float(chance[index]))
        sound, onset = curve.piece.take(stroke, int(takes[index]), rng)
        softer_db = curve.level_db(velocity) - curve.own_db[stroke]
        gain = curve.piece.gain * 10.0 ** ((softer_db + deviations_db[index]) / 20.0)
        colour = max(_DULLEST, float(colours[index]) + DULLER_PER_DB * min(0.0, softer_db))
        start = round(hit["onset_s"] * rate) - onset
        first, last = max(0, -start), min(len(sound), len(stem) - start)
        stop = np.inf
        if np.isfinite(stopped_s[index]):
            stop = (stopped_s[index] - hit["onset_s"]) * rate + onset
            last = min(last, int(stop + _STOPPED_TAUS * kit.stopping_s * rate))
        if last <= first:
            continue
        part = gain * sound[first:last]
        part[1:] += np.float32(gain * colour) * np.diff(sound[first:last])
        if np.isfinite(stop) and stop < last:
            since_s = np.maximum(np.arange(first, last) - stop, 0.0) / rate
            part *= np.exp(-since_s / kit.stopping_s).astype(np.float32)
        stem[start + first : start + last] += part
    sounding = np.zeros(len(played), DRUM_HIT)
    for name in ("onset_s", "key", "velocity"):
        sounding[name] = played[name]
    return stem, sounding


class _Curve:
    """How loud a piece is at each velocity, and which strokes are played there."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.own_db = 20.0 * np.log10(np.maximum(piece.strokes["level"].astype(np.float64), 1e-9))
        self._stroke_velocities = piece.strokes["velocity"].astype(np.float64)
        self._velocities, first = np.unique(self._stroke_velocities, return_index=True)
        self._levels_db = piece.levels_db()[first]

    def level_db(self, velocity: float) -> float:
        """Between two layers on the line through their levels; beyond them as other instruments go on."""
        inside = float(np.interp(velocity, self._velocities, self._levels_db))
        outside = velocity - min(max(velocity, self._velocities[0]), self._velocities[-1])
        return float(inside + LEVEL_DB_PER_VELOCITY * outside)

    def choose(self, velocity: float, chance: float) -> int:
        """A stroke of the layer below or above, the nearer the likelier; of several in a layer any."""
        above = int(np.searchsorted(self._velocities, velocity))
        below = max(0, above - 1)
        above = min(above, len(self._velocities) - 1)
        low, high = self._velocities[below], self._velocities[above]
        share = (velocity - low) / (high - low) if high > low else 0.0
        layer, rest = (high, chance / share) if chance < share else (low, (chance - share) / max(1.0 - share, 1e-9))
        strokes = np.flatnonzero(self._stroke_velocities == layer)
        return int(strokes[min(int(rest * len(strokes)), len(strokes) - 1)])


def _stopped_s(hits: NDArray[np.void]) -> NDArray[np.float64]:
    """When the sound of each hit is stopped by another; infinity where it rings out."""
    stopped_s = np.full(len(hits), np.inf)
    for key, stoppers in STOPPED_BY.items():
        ringing = np.flatnonzero(hits["key"] == key)
        stops_s = np.sort(hits["onset_s"][np.isin(hits["key"], stoppers)])
        stopped_s[ringing] = _next_s(stops_s, hits["onset_s"][ringing])
    return stopped_s


def _choked_s(hits: NDArray[np.void], chokes: NDArray[np.void]) -> NDArray[np.float64]:
    """When each hit's cymbal is next choked; infinity where it is not."""
    choked_s = np.full(len(hits), np.inf)
    for key in np.unique(chokes["number"]):
        ringing = np.flatnonzero(hits["key"] == key)
        choked_s[ringing] = _next_s(np.sort(chokes["time_s"][chokes["number"] == key]), hits["onset_s"][ringing])
    return choked_s


def _next_s(times_s: NDArray[np.float64], after_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of sorted times the first one after each of some others; infinity where there is none."""
    return np.asarray(np.append(times_s, np.inf)[np.searchsorted(times_s, after_s, side="right")], np.float64)
