"""Turns candidates into drum hits: which are kept, their velocities, and where cymbals are choked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.drum_kit import CLOSED_HAT, CRASH, DRUM_PIECES, HIGH_TOM, LOW_TOM, OPEN_HAT, RIDE
from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.drums.chokes import choked_s
from mp3tomidi.transcribe.drums.velocity import VelocityReading, as_midi, usual_velocities
from mp3tomidi.transcribe.events import DrumHit
from mp3tomidi.transcribe.inference.choice import select_for_expected_f1

# Of each pair one is struck at a time. A closed hat is not paired with a ride: it may be trodden under it.
ALIKE = ((LOW_TOM, HIGH_TOM), (CLOSED_HAT, OPEN_HAT), (CRASH, RIDE), (OPEN_HAT, RIDE))
ONE_STROKE_S = 0.03  # two of them closer than this are one stroke
FLAM_S = 0.045  # two peaks of one piece closer than this are the strokes of a flam
CLEAR = 0.75  # where no peak is as likely as this, nothing is chosen
# Where drums are played at all, many hits are certain: 14 a minute or more in each of 29 recordings with drums (of
# clear ones 34), none in sixteen singers (of clear ones one has 19: her consonants).
CERTAIN = 0.9
LEAST_PROBABLE = 0.165  # of a hit without a threshold; as for notes
FEWEST_CERTAIN_A_MINUTE = 5.0


@dataclass(frozen=True, slots=True)
class DrumThresholds:
    """From which value on something counts; one setting for every kind of recording."""

    onset: float | None = None  # probability of a hit; None: chosen for each passage, see `inference.choice`


def decode_drums(
    activations: DrumActivations,
    candidates: DrumCandidates,
    probability: NDArray[np.floating],
    thresholds: DrumThresholds | None = None,
    read_velocities: VelocityReading | None = None,
) -> list[DrumHit]:
    """The hits in a recording, sorted by time; none where there is no drummer, unless a threshold is given.

    `probability` [candidates] is the judge's. `read_velocities` says how hard they are struck (a VelocityReader);
    without it DrumNet does.
    """
    threshold = (thresholds or DrumThresholds()).onset
    frames, hop_s = len(activations.onset), activations.hop_s
    merged = _one_stroke(candidates, _with_flams(candidates, probability))
    if threshold is None:
        chosen = select_for_expected_f1(merged, candidates.frame, frames, hop_s, least=LEAST_PROBABLE, clearest=CLEAR)
    else:
        chosen = (merged >= threshold) & (merged > 0.0)
    kept = np.flatnonzero(chosen)
    frame, piece = candidates.frame[kept], candidates.piece[kept]
    if read_velocities:
        velocity = read_velocities(activations, frame, piece)
    else:
        velocity = as_midi(usual_velocities(activations, frame, piece))
    time_s, sure = candidates.time_s[kept], merged[kept]
    ends_s = choked_s(activations, time_s, piece, sure)
    hits = [
        DrumHit(float(at_s), DRUM_PIECES[index].written_key, int(loud), float(likely), _known(end_s))
        for at_s, index, loud, likely, end_s in zip(time_s, piece, velocity, sure, ends_s, strict=True)
    ]
    return sorted(hits) if threshold is not None or _are_played(hits, frames * hop_s) else []


def _known(end_s: float) -> float | None:
    return None if np.isnan(end_s) else float(end_s)


def _are_played(hits: Sequence[DrumHit], duration_s: float) -> bool:
    """Whether there is a drummer at all, or only here and there a sound like a drum."""
    certain = sum(hit.confidence >= CERTAIN for hit in hits)
    return certain * 60.0 >= FEWEST_CERTAIN_A_MINUTE * duration_s


def _with_flams(candidates: DrumCandidates, probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """How likely each candidate is a hit, if two peaks with a valley between them are two strokes.

    The judge looks where the music repeats, and a flam's other stroke is in no grid. So of two strokes of a piece that
    follow at once, the less likely one is as likely as its peak is high, though no likelier than the other.
    """
    likely = np.asarray(probability, np.float64).copy()
    first = np.flatnonzero((np.diff(candidates.piece) == 0) & (np.diff(candidates.time_s) < FLAM_S))
    for index, other in (*zip(first, first + 1, strict=True), *zip(first + 1, first, strict=True)):
        likely[index] = max(likely[index], min(float(candidates.height[index]), float(probability[other])))
    return likely


def _one_stroke(candidates: DrumCandidates, probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """How likely each candidate is a hit, if of pieces that sound alike one is struck at a time.

    Where two of them come together, it is less sure which it was than that one was struck: the likelier one is as
    likely as both together, the other is none.
    """
    merged = np.asarray(probability, np.float64).copy()
    by_time = np.argsort(candidates.time_s, kind="stable")
    for alike in ALIKE:
        ordered = by_time[np.isin(candidates.piece[by_time], alike)]
        for earlier, later in pairwise(ordered):
            together = candidates.time_s[later] - candidates.time_s[earlier] < ONE_STROKE_S
            if together and candidates.piece[earlier] != candidates.piece[later]:
                less, more = sorted((earlier, later), key=lambda index: (merged[index], index))
                merged[more] = min(1.0, merged[more] + merged[less])
                merged[less] = 0.0
    return merged
