"""Turns what is played into what a transcriber reports: late, missing, false and mistaken notes and hits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mp3tomidi.transcribe.events import DrumHit, Note

KICK, SNARE, CLOSED_HAT = 36, 38, 42
CYMBALS = (42, 44, 46, 49, 51)
BASS_BELOW = 48


@dataclass(frozen=True, slots=True)
class Faults:
    """How bad a transcription is; drawn for each song."""

    missed_notes: float  # shares
    false_notes: float
    missed_hits: float
    missed_cymbals: float
    false_hits: float
    kicks_of_bass: float  # bass notes detected as kicks
    jitter_s: float  # standard deviation
    velocity: float


def drawn_faults(rng: np.random.Generator) -> Faults:
    return Faults(
        missed_notes=rng.uniform(0.05, 0.4),
        false_notes=rng.uniform(0.0, 0.2),
        missed_hits=rng.uniform(0.02, 0.2),
        missed_cymbals=rng.uniform(0.1, 0.6),
        false_hits=rng.uniform(0.0, 0.12),
        kicks_of_bass=rng.uniform(0.0, 0.15),
        jitter_s=rng.uniform(0.005, 0.02),
        velocity=rng.uniform(6.0, 14.0),
    )


def as_transcribed(
    rng: np.random.Generator, notes: tuple[Note, ...], hits: tuple[DrumHit, ...], duration_s: float
) -> tuple[tuple[Note, ...], tuple[DrumHit, ...]]:
    """Notes and hits as a transcriber would report them, sorted."""
    faults = drawn_faults(rng)
    found: list[Note] = []
    for note in notes:
        if rng.random() < faults.missed_notes:
            continue
        found.append(_transcribed(rng, note, faults))
        if rng.random() < faults.false_notes:
            found.append(_false_note(rng, note, faults))
    strokes: list[DrumHit] = []
    for hit in hits:
        if rng.random() < (faults.missed_cymbals if hit.key in CYMBALS else faults.missed_hits):
            continue
        strokes.append(_struck(rng, hit.onset_s, hit.key, hit.velocity, faults))
        if rng.random() < faults.false_hits:
            key = int(rng.choice([KICK, SNARE, CLOSED_HAT, 49]))
            late_s = 0.0 if rng.random() < 0.7 else rng.uniform(-0.3, 0.3)
            strokes.append(_struck(rng, max(0.0, hit.onset_s + late_s), key, 60, faults))
    if hits:
        strokes += [
            _struck(rng, note.onset_s, KICK, 60, faults)
            for note in notes
            if note.pitch < BASS_BELOW and rng.random() < faults.kicks_of_bass
        ]
    return (
        tuple(sorted(note for note in found if note.onset_s < duration_s)),
        tuple(sorted(hit for hit in strokes if hit.onset_s < duration_s)),
    )


def _transcribed(rng: np.random.Generator, note: Note, faults: Faults) -> Note:
    onset_s = max(0.0, note.onset_s + rng.normal(0.0, faults.jitter_s))
    length_s = max(0.04, (note.offset_s - note.onset_s) * np.exp(rng.normal(-0.1, 0.35)))
    return Note(onset_s, onset_s + length_s, note.pitch, _velocity(rng, note.velocity, faults))


def _false_note(rng: np.random.Generator, note: Note, faults: Faults) -> Note:
    """An overtone that begins with the note, or the note again while it sounds."""
    onset_s = max(0.0, note.onset_s + rng.normal(0.0, faults.jitter_s))
    pitch = note.pitch
    if rng.random() < 0.6:
        pitch = min(108, pitch + int(rng.choice([12, 19, 24])))
    else:
        onset_s += rng.uniform(0.1, max(0.15, note.offset_s - note.onset_s))
    return Note(onset_s, onset_s + rng.uniform(0.05, 0.3), pitch, _velocity(rng, 55, faults))


def _struck(rng: np.random.Generator, time_s: float, key: int, velocity: int, faults: Faults) -> DrumHit:
    if rng.random() < 0.04:
        key = {KICK: 45, SNARE: 39, CLOSED_HAT: 51}.get(key, CLOSED_HAT)
    jitter_s = 0.6 * faults.jitter_s
    return DrumHit(max(0.0, time_s + rng.normal(0.0, jitter_s)), key, _velocity(rng, velocity, faults))


def _velocity(rng: np.random.Generator, value: float, faults: Faults) -> int:
    return int(np.clip(round(rng.normal(value, faults.velocity)), 1, 127))
