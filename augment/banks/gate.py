"""Quality checks of rendered notes: silent, late, broken and mistuned ones are dropped and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from mp3tomidi.augment.sources.measure import NoteMeasure, measure_note
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, DRUMS, RenderedInstrument, RenderedNote
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.instruments import PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH

SILENT = "silent"
LATE = "late"
BROKEN = "broken"
CLIPPED = "clipped"
OUT_OF_TUNE = "out of tune"
OTHER_OCTAVE = "not in its instrument's octave"
TOO_SOFT = "too soft"
TOO_FEW = "instrument with too few notes"
UNSURE_PITCH = "kept, pitch unsure"
MOVED_OCTAVE = "kept, labelled in the octave that sounds"

LATEST_ONSET_S = 0.25
LARGEST_DEVIATION_CENTS = 40.0
# Real pianos are stretched by up to 60 cents at the top, where an ear hears pitch least.
_STRETCH_FROM_PITCH = 96
_STRETCH_CENTS_A_SEMITONE = 4.0
FEWEST_NOTES = 3  # of an instrument
SOFTEST_SHARE = 0.003  # of the instrument's median level: a key on which nearly nothing sounds
_FLAT_TOP_S = 3 / 16_000
_FLAT_TOPS = 5


def admit(instrument: RenderedInstrument) -> tuple[list[tuple[RenderedNote, NoteMeasure]], Counter[str]]:
    """The notes of an instrument that may teach, measured, and how many were dropped (or kept in doubt) and why."""
    counts: Counter[str] = Counter()
    notes: list[tuple[RenderedNote, NoteMeasure]] = []
    pitched = instrument.family != DRUMS
    for note in instrument.notes:
        measure, reason = check(note, pitched=pitched, sample_rate=instrument.sample_rate)
        if measure is None or reason is not None:
            counts[str(reason)] += 1
        else:
            notes.append((note, measure))
    if notes and pitched:
        notes = _in_sounding_octave(notes, counts)
    median_level = float(np.median([measure.level for _, measure in notes])) if notes else 0.0
    loud_enough = [pair for pair in notes if pair[1].level >= SOFTEST_SHARE * median_level]
    counts[TOO_SOFT] += len(notes) - len(loud_enough)
    if len(loud_enough) < FEWEST_NOTES:
        counts[TOO_FEW] += bool(counts.total() or loud_enough)
        return [], +counts
    if pitched:
        counts[UNSURE_PITCH] += sum(measure.cents is None for _, measure in loud_enough)
    return loud_enough, +counts


def check(
    note: RenderedNote, *, pitched: bool, sample_rate: int = DEFAULT_SAMPLE_RATE
) -> tuple[NoteMeasure | None, str | None]:
    """The note's measure and, where it must be dropped, why."""
    if not np.isfinite(note.samples).all():
        return None, BROKEN
    measure = measure_note(note.samples, note.release_samples, sample_rate, pitch=note.pitch if pitched else None)
    if measure is None:
        return None, SILENT
    if measure.onset_samples > LATEST_ONSET_S * sample_rate:
        return measure, LATE
    if is_clipped(note.samples, sample_rate):
        return measure, CLIPPED
    allowed_cents = LARGEST_DEVIATION_CENTS
    allowed_cents += _STRETCH_CENTS_A_SEMITONE * max(0, note.pitch - _STRETCH_FROM_PITCH)
    if measure.cents is not None and abs(measure.cents) > allowed_cents:
        return measure, OUT_OF_TUNE
    return measure, None


def sounding_octave(measures: list[NoteMeasure]) -> int:
    """How many octaves above its labels an instrument as a whole sounds: what most of its notes show.

    Guitar harmonics, some fonts' flutes and glockenspiels sound one higher than played, some organs one lower.
    """
    octaves, counts = np.unique([measure.octave for measure in measures], return_counts=True)
    return int(octaves[np.argmax(counts)])


def _in_sounding_octave(
    notes: list[tuple[RenderedNote, NoteMeasure]], counts: Counter[str]
) -> list[tuple[RenderedNote, NoteMeasure]]:
    """The notes labelled by the octave that their instrument sounds in; those of another octave are dropped."""
    octave = sounding_octave([measure for _, measure in notes])
    moved = [
        (replace(note, pitch=note.pitch + 12 * octave), measure)
        for note, measure in notes
        if measure.octave == octave and PIANO_LOWEST_PITCH <= note.pitch + 12 * octave <= PIANO_HIGHEST_PITCH
    ]
    counts[OTHER_OCTAVE] += len(notes) - len(moved)
    counts[MOVED_OCTAVE] += len(moved) if octave else 0
    return moved


def is_clipped(samples: Samples, sample_rate: int = DEFAULT_SAMPLE_RATE) -> bool:
    """Whether the sound is cut off at a level: several runs of samples that all stand at its largest value.

    The samples of a pure tone over that time (four of them at 16 kHz) are this equal only below 27 Hz.
    """
    shortest = 1 + round(_FLAT_TOP_S * sample_rate)
    peak = np.abs(samples).max(initial=0.0)
    flat = np.concatenate([[0], (np.abs(samples) > peak * (1 - 1e-4)).astype(np.int8), [0]])
    edges = np.flatnonzero(np.diff(flat))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= shortest)) >= _FLAT_TOPS
