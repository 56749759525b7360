"""Clicks: sounds that rise out of near silence at once, whatever they are; a metronome's are neither notes nor drums.

Where a recording consists of such sounds, those that no note or drum hit accounts for are evidence for its beat, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note

RISE = 1.0  # in powers of ten of amplitude (20 dB), the mean over bands, within RISE_FRAMES
RISE_FRAMES = 3
APART_S = 0.08
NEAR_S = 0.05  # a note or hit this near accounts for a click
MOSTLY_CLICKS = 0.8  # the share of notes and hits that begin with a click where the others count
BEEP_PITCHES = 2
CLICK_KEY, CLICK_VELOCITY = 76, 80  # as a woodblock


def clicks_s(loudness: NDArray[np.floating], hop_s: float) -> NDArray[np.float64]:
    """When clicks begin.

    loudness: [frames, band] in powers of ten of amplitude, as `front_end.loudness.band_loudness` measures it.
    """
    if len(loudness) <= RISE_FRAMES:
        return np.zeros(0)
    level = np.asarray(loudness, np.float32).mean(axis=1)
    lowest = np.lib.stride_tricks.sliding_window_view(level, RISE_FRAMES)[:-1].min(axis=1)
    rising = np.flatnonzero(level[RISE_FRAMES:] - lowest > RISE) + RISE_FRAMES
    starts = rising[np.diff(rising, prepend=-len(level)) * hop_s > APART_S]
    return np.asarray(starts * hop_s, np.float64)


def with_clicks(
    times_s: NDArray[np.float64], notes: Sequence[Note], drum_hits: Sequence[DrumHit]
) -> tuple[tuple[Note, ...], tuple[DrumHit, ...]]:
    """Notes and hits to find the beat by: with the clicks that are neither, as hits of a woodblock.

    Nothing is added where notes and hits mostly begin otherwise. Notes of one or two pitches, of which some are
    missing, are the beeps of a metronome, and all clicks take their place: what they were transcribed as means nothing.
    """
    as_they_are = tuple(notes), tuple(drum_hits)
    onsets_s = np.sort([event.onset_s for events in as_they_are for event in events])
    if not len(times_s) or (len(onsets_s) and np.mean(_distance(onsets_s, times_s) < NEAR_S) < MOSTLY_CLICKS):
        return as_they_are
    alone_s = times_s[_distance(times_s, onsets_s) >= NEAR_S] if len(onsets_s) else times_s
    if len(alone_s) and len({note.pitch for note in notes}) <= BEEP_PITCHES and not drum_hits:
        return (), _strokes(times_s)
    return tuple(notes), tuple(sorted((*drum_hits, *_strokes(alone_s))))


def _strokes(times_s: NDArray[np.float64]) -> tuple[DrumHit, ...]:
    return tuple(DrumHit(float(time_s), CLICK_KEY, CLICK_VELOCITY) for time_s in times_s)


def _distance(times_s: NDArray[np.float64], others_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each time to the nearest of others, both sorted, of which there is at least one."""
    after = np.minimum(np.searchsorted(others_s, times_s), len(others_s) - 1)
    nearest = np.minimum(np.abs(others_s[after] - times_s), np.abs(others_s[np.maximum(after - 1, 0)] - times_s))
    return np.asarray(nearest)
