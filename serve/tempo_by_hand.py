"""A tempo and first bar that a person has set, as a tempo map."""

from __future__ import annotations

import math

from mp3tomidi.transcribe.events import MetreChange, TempoChange
from mp3tomidi.transcribe.rhythm.tempo_map import AT_ONCE_S, FIRST_TEMPO_QUARTERS, lead_beats

Map = tuple[tuple[TempoChange, ...], tuple[MetreChange, ...]]


def set_by_hand(beats_per_minute: float, first_bar_s: float, beats_per_bar: int) -> Map:
    """The map of a steady tempo under which a bar begins at `first_bar_s`.

    What comes before the first beat is written at a tempo of its own, as for a tempo that is found.
    Raises ValueError for numbers that a tempo map cannot have.
    """
    beat_s = 60.0 / TempoChange(0.0, beats_per_minute).beats_per_minute
    MetreChange(first_bar_s, beats_per_bar)
    beats_before = math.floor(first_bar_s / beat_s + AT_ONCE_S / beat_s)
    first_beat_s = max(0.0, first_bar_s - beats_before * beat_s)
    lead = lead_beats(first_beat_s, beat_s)
    if first_beat_s < AT_ONCE_S:
        tempo: tuple[TempoChange, ...] = (TempoChange(0.0, beats_per_minute),)
    elif lead:
        tempo = _after_another(beats_per_minute, lead, first_beat_s)
    else:  # the first beat begins with the sound, and takes that much longer
        tempo = _after_another(beats_per_minute, 1.0, first_beat_s + beat_s)
    first_bar = (lead + beats_before) % beats_per_bar  # counted in beats from 0 s
    bar_s = first_beat_s + (first_bar - lead) * beat_s if first_bar else 0.0
    return tempo, (MetreChange(bar_s, beats_per_bar),)


def _after_another(beats_per_minute: float, beats: float, until_s: float) -> tuple[TempoChange, ...]:
    """So many beats until a time at a tempo of their own, but for the very first moment, then the song's tempo."""
    moment_s = FIRST_TEMPO_QUARTERS * 60.0 / beats_per_minute
    other = 60.0 * (beats - FIRST_TEMPO_QUARTERS) / (until_s - moment_s)
    song = TempoChange(0.0, beats_per_minute)
    return song, TempoChange(moment_s, other), TempoChange(until_s, beats_per_minute)
