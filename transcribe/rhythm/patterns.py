"""Histograms of where in a bar events begin, by kind of event.

The pattern is that of bar-pointer models (Whiteley, Cemgil and Godsill 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note

# Kinds of events: notes by what follows, and by whether they are part of a chord, and drums.
SHORT_GAPS_S = (0.18, 0.4)  # to the next onset
LONG_NOTE_S = 1.0
CHORD_NOTES = 3
CHORD_REACH_S = 0.035
_LONG, _KINDS_OF_NOTE = 3, 4
_KIND_OF_PIECE, _OTHER_DRUM = {"kick": 8, "snare": 9}, 10
# Where in a bar of four the events of each kind begin: shares on the first beat, the third, the second and fourth,
# halfway between beats, at quarters of a beat, at thirds, and anywhere else. Counted on 60 band songs, for the notes
# with a third of them missing and a tenth added, as in transcriptions; then changed such that nothing is likelier
# between beats than on them, and notes by themselves much less so, or the clicks of a metronome would lie there.
_SHARES = np.array(
    [
        [0.045, 0.045, 0.089, 0.180, 0.340, 0.085, 0.216],  # single note, another follows at once
        [0.085, 0.085, 0.170, 0.320, 0.175, 0.030, 0.135],
        [0.150, 0.140, 0.280, 0.160, 0.040, 0.010, 0.220],  # after a while (counted: .31, .16 between)
        [0.332, 0.078, 0.076, 0.150, 0.115, 0.040, 0.209],  # itself long
        [0.123, 0.076, 0.144, 0.262, 0.213, 0.038, 0.144],  # chord, in the same order
        [0.209, 0.096, 0.196, 0.340, 0.053, 0.007, 0.099],
        [0.260, 0.093, 0.159, 0.266, 0.089, 0.007, 0.126],
        [0.706, 0.060, 0.053, 0.054, 0.020, 0.004, 0.103],
        [0.172, 0.089, 0.130, 0.260, 0.190, 0.045, 0.114],  # kick
        [0.030, 0.100, 0.440, 0.170, 0.110, 0.035, 0.115],  # snare
        [0.106, 0.100, 0.200, 0.200, 0.190, 0.060, 0.144],  # other drums
    ]
)
KIND_COUNT = len(_SHARES)
_PLACES = np.array([1, 1, 2, 4, 8, 8])  # how many there are of each in a bar
BEATS_PER_BAR = 4
_SHARE_OF_BEAT = (0, 2, 1, 2)  # which share counts for each beat of a bar
JITTER_S = 0.02  # by how much an onset misses its place
SLOTS = 192  # to a bar


@dataclass(frozen=True, slots=True)
class Events:
    """Onsets in order of time [events]."""

    time_s: NDArray[np.float64]
    kind: NDArray[np.intp]  # below KIND_COUNT
    weight: NDArray[np.float64]  # of each; the notes of a chord share theirs

    def between(self, start_s: float, end_s: float) -> slice:
        first, last = np.searchsorted(self.time_s, [start_s, end_s])
        return slice(int(first), int(last))


def events_of(notes: Sequence[Note], drum_hits: Sequence[DrumHit]) -> Events:
    """What begins when in notes, sorted by onset as a transcription keeps them, and drum hits."""
    onset_s = np.array([note.onset_s for note in notes])
    length_s = np.array([note.offset_s - note.onset_s for note in notes])
    following = np.searchsorted(onset_s, onset_s + CHORD_REACH_S)
    together = following - np.searchsorted(onset_s, onset_s - CHORD_REACH_S)
    gap_s = np.append(onset_s, np.inf)[following] - onset_s
    kind = np.where(length_s >= LONG_NOTE_S, _LONG, np.digitize(gap_s, SHORT_GAPS_S))
    kind += _KINDS_OF_NOTE * (together >= CHORD_NOTES)
    drums = [_KIND_OF_PIECE.get(hit.instrument, _OTHER_DRUM) for hit in drum_hits]
    time_s = np.concatenate([onset_s, [hit.onset_s for hit in drum_hits]])
    order = np.argsort(time_s, kind="stable")
    weight = np.concatenate([1.0 / np.sqrt(np.maximum(together, 1)), np.ones(len(drums))])
    return Events(time_s[order], np.concatenate([kind, drums]).astype(np.intp)[order], weight[order])


def slots_of(position: NDArray[np.float64]) -> NDArray[np.intp]:
    """The slot of the bar that each position, in beats, is in."""
    return np.rint(position / BEATS_PER_BAR * SLOTS).astype(np.intp) % SLOTS


def onset_log_rates(beat_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely onsets are along a bar of four, as logarithms [tempo, kind, slot] whose exponentials have mean one."""
    beats_per_bar = BEATS_PER_BAR
    slot = np.arange(SLOTS) / SLOTS * beats_per_bar
    places: list[list[float]] = [[] for _ in _PLACES]
    for beat, share in enumerate(_SHARE_OF_BEAT):
        places[share].append(beat)
        places[3].append(beat + 0.5)
        places[4] += [beat + 0.25, beat + 0.75]
        places[5] += [beat + 1 / 3, beat + 2 / 3]
    rates = np.zeros((len(beat_s), KIND_COUNT, SLOTS))
    width = JITTER_S / beat_s[:, None]  # in beats
    total = np.zeros(KIND_COUNT)
    for share, where in enumerate(places):
        if not where:
            continue
        gap = np.abs((slot[None] - np.array(where)[:, None] + beats_per_bar / 2) % beats_per_bar - beats_per_bar / 2)
        bump = np.exp(-0.5 * (gap.min(0) / width) ** 2) / (width * np.sqrt(2 * np.pi)) * beats_per_bar
        mass = _SHARES[:, share] / _PLACES[share]
        rates += mass[None, :, None] * bump[:, None]
        total += mass * len(where)
    anywhere = _SHARES[:, -1]
    return np.asarray(np.log((rates + anywhere[:, None]) / (total + anywhere)[:, None]))
