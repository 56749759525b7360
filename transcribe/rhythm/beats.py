"""Finds the beat in what was transcribed: when beats fall, how many make a bar, and which of them begins one.

A bar is a pattern: notes begin more often on its first beat than on the others, on beats more often than between
them, long notes and chords more often than short single ones, snares on the second and fourth. How often is a table,
counted on MIDI songs (`patterns`). What is looked for is the course of bars under which the onsets are likeliest
(`paths`); over the whole recording it is then counted off in bars of three or four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.peaks import peak_shift
from mp3tomidi.transcribe.rhythm.paths import FASTEST_BEAT_S, SLOWEST_BEAT_S, beat_course
from mp3tomidi.transcribe.rhythm.patterns import (
    CHORD_REACH_S,
    SHARES_OF_BEATS,
    SLOTS,
    Events,
    events_of,
    onset_log_rates,
)

FEWEST_GAPS = 7  # between onsets
WALTZ_MARGIN = 0.02  # of mean natural logarithms: by so much bars of three must be likelier than bars of four


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats from the first to the last in a recording, also where nothing is played on them."""

    times_s: NDArray[np.float64]
    beats_per_bar: int
    first_downbeat: int
    """Index of the first beat that begins a bar."""
    gain: float
    """By how much likelier (mean natural logarithm) the events are than if there were no beat."""


def find_beats(notes: Sequence[Note], drum_hits: Sequence[DrumHit], duration_s: float) -> Beats | None:
    """The beats of a recording, or None where there are too few events to tell."""
    events = events_of(notes, drum_hits)
    if not _can_tell(events, duration_s, FASTEST_BEAT_S):
        return None
    known_s, known = beat_course(events, duration_s)
    beats = np.arange(np.ceil(known[0]), np.floor(known[-1]) + 1)
    if len(beats) < 2:
        return None
    times_s = np.interp(beats, known, known_s)
    gaps_s = np.diff(times_s)
    after = np.clip(np.searchsorted(times_s, events.time_s), 1, len(gaps_s)) - 1
    counted = after + (events.time_s - times_s[after]) / gaps_s[after]
    # By quarters of a beat: the path can lie between the beats, where few windows tell them apart.
    beats_per_bar, slot, gain = _likeliest_bar(events, counted, float(np.median(gaps_s)), places_per_beat=4)
    first_bar = slot / SLOTS * beats_per_bar
    first_downbeat = beats[0] + first_bar
    first_beat = first_downbeat - np.floor(first_downbeat - known[0])
    times_s = np.interp(np.arange(first_beat, known[-1]), known, known_s)
    return Beats(times_s, beats_per_bar, round(first_downbeat - first_beat) % beats_per_bar, gain)


def beats_at(
    beats_per_minute: float, notes: Sequence[Note], drum_hits: Sequence[DrumHit], duration_s: float
) -> Beats | None:
    """The beats of a recording that keeps a tempo which is known: where they fall, and the bars.

    None where there are too few events to tell, or the tempo is none that beats are looked for at.
    """
    beat_s = 60.0 / beats_per_minute
    events = events_of(notes, drum_hits)
    if not FASTEST_BEAT_S <= beat_s <= SLOWEST_BEAT_S or not _can_tell(events, duration_s, beat_s):
        return None
    beats_per_bar, slot, gain = _likeliest_bar(events, events.time_s / beat_s, beat_s)
    first_bar = slot / SLOTS * beats_per_bar
    first_beat = first_bar % 1.0
    times_s = np.arange(first_beat, duration_s / beat_s) * beat_s
    return Beats(times_s, beats_per_bar, round(first_bar - first_beat) % beats_per_bar, gain)


def _can_tell(events: Events, duration_s: float, beat_s: float) -> bool:
    gaps = int(np.count_nonzero(np.diff(events.time_s) > CHORD_REACH_S))
    return gaps >= FEWEST_GAPS and duration_s >= 4 * beat_s


def _likeliest_bar(
    events: Events, position: NDArray[np.float64], beat_s: float, places_per_beat: int | None = None
) -> tuple[int, float, float]:
    """How the beats are best counted over the whole recording.

    position: of each event, in beats.
    places_per_beat: where bars may begin; None for anywhere.

    Returns beats to a bar, the slot at which bars begin, and the mean log likelihood of the events against no beat at
    all. Bars are of four unless bars of three are clearly likelier.
    """
    best = (4, 0.0, -np.inf)
    for beats_per_bar in SHARES_OF_BEATS:
        log_rates = onset_log_rates(np.array([beat_s]), beats_per_bar)[0]
        slot = np.rint(position / beats_per_bar * SLOTS).astype(np.intp) % SLOTS
        held = np.zeros_like(log_rates)
        np.add.at(held, (events.kind, slot), events.weight / events.weight.sum())
        # For every slot that bars may begin at, the rates moved to there.
        product = (np.fft.rfft(held, axis=1) * np.fft.rfft(log_rates, axis=1).conj()).sum(axis=0)
        fits = np.fft.irfft(product, n=SLOTS)
        fits -= WALTZ_MARGIN if beats_per_bar == 3 else 0.0
        apart = 1 if places_per_beat is None else SLOTS // (beats_per_bar * places_per_beat)
        first = apart * int(fits[::apart].argmax())
        if fits[first] > best[2]:
            between = 0.0
            if places_per_beat is None:
                between = float(peak_shift(fits[first - 1], fits[first], fits[(first + 1) % SLOTS]))
            best = beats_per_bar, (first + between) % SLOTS, float(fits[first])
    return best
