"""Pieces of drum kits that lie in sound files: what is common to Hydrogen's kits and folders of one-shots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from mp3tomidi.augment.sources.drum_names import HAT_OF_UNKNOWN_OPENING, hat_by_decay
from mp3tomidi.augment.sources.measure import envelope
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, RenderedNote
from mp3tomidi.transcribe.array_types import Samples

LONGEST_HIT_S = 3.0  # a crash goes on, but under everything else
_DECAY_SHARE = 0.1  # -20 dB


@dataclass(frozen=True, slots=True)
class Layer:
    """One sound file of a piece, struck at `velocity`, to be played with `gain` (a factor) and moved in pitch."""

    path: Path
    velocity: float
    gain: float = 1.0
    semitones: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    key: int  # General MIDI drum key
    layers: tuple[Layer, ...]


def alternatives(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Kits of one piece a key: the first of each, the second, ... until the key with the most has given all of its.

    A key with fewer begins again, so that every kit is whole.
    """
    by_key: dict[int, list[Piece]] = {}
    for piece in pieces:
        by_key.setdefault(piece.key, []).append(piece)
    count = max((len(found) for found in by_key.values()), default=0)
    return [[found[index % len(found)] for _, found in sorted(by_key.items())] for index in range(count)]


def classified_by_sound(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with every hi-hat whose name does not say so classified by its ringing; those in between left out.

    By its sound at DEFAULT_SAMPLE_RATE, where the limits were found, so that a kit has the same keys at any rate.
    """
    named: list[Piece] = []
    for piece in pieces:
        key: int | None = piece.key
        if piece.key == HAT_OF_UNKNOWN_OPENING:
            key = hat_by_decay(ring_s(_sound(piece.layers[-1].path, DEFAULT_SAMPLE_RATE)))
        if key is not None:
            named.append(Piece(key, piece.layers))
    return named


def ring_s(samples: Samples, sample_rate: int = DEFAULT_SAMPLE_RATE) -> float:
    """Time from a sound's peak until it has fallen by 20 dB for good."""
    loudness = envelope(samples, sample_rate)
    peak = int(np.argmax(loudness))
    above = np.flatnonzero(loudness > _DECAY_SHARE * loudness[peak])
    return float(above[-1] - peak) / sample_rate if len(above) else 0.0


def hits_of(pieces: Sequence[Piece], sample_rate: int) -> Iterator[RenderedNote]:
    """Every layer of the pieces as a note that rings out."""
    for piece in pieces:
        for layer in piece.layers:
            samples = _sound(layer.path, sample_rate)
            if layer.semitones:
                samples = soxr.resample(samples, 1.0, 2.0 ** (-layer.semitones / 12.0))
            samples = samples[: round(LONGEST_HIT_S * sample_rate)] * np.float32(layer.gain)
            yield RenderedNote(piece.key, layer.velocity, samples, len(samples))


@lru_cache(maxsize=64)
def _sound(path: Path, sample_rate: int) -> Samples:
    """The first seconds of a file at `sample_rate`, channels averaged; nothing where it cannot be read."""
    try:
        with soundfile.SoundFile(path) as file:
            sound = file.read(round(2 * LONGEST_HIT_S * file.samplerate), dtype="float32", always_2d=True)
            rate = file.samplerate
    except soundfile.LibsndfileError:
        return np.zeros(1, np.float32)  # the gate counts it as silent
    mono: Samples = soxr.resample(sound.mean(axis=1), rate, sample_rate)
    return mono
