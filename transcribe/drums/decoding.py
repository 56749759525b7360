"""From what DrumNet says of each frame to drum hits: which peaks are hits, when exactly, and how hard.

Hits of one piece may follow each other as fast as 30 ms (flams, rolls), but one hit must not give two, so a peak
close behind another counts only if there is a valley between them. A hi-hat is closed or open, not both at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.drums.classes import CLOSED_HAT, DRUM_PIECES, OPEN_HAT, PIECE_COUNT
from mp3tomidi.transcribe.events import DrumHit
from mp3tomidi.transcribe.networks.activations import around_peaks, between_frames, find_peaks
from mp3tomidi.transcribe.networks.choice import likeliest

LOWEST_PEAK = 0.1  # lower ones are hardly ever hits
VALLEY = 0.6  # of the lower of two peaks: what lies between them must be less
ONE_HAT_S = 0.03  # a closed and an open hi-hat closer than this are one stroke
_LEAST_SURE = 1e-3
# Where drums are played at all, many hits are clear. Of rendered mixes with drums 97 in 100 have more clear ones than
# this, of those without none has.
CLEAR = 0.7
FEWEST_CLEAR_A_MINUTE = 12.0


@dataclass(frozen=True)
class DrumActivations:
    """Probabilities and velocities [frames, piece], and the time from one frame to the next."""

    onset: NDArray[np.float32]
    velocity: NDArray[np.float32]
    hop_s: float


@dataclass(frozen=True, slots=True)
class DrumCalibration:
    """How likely a peak is a hit: the logistic function of slope * (log odds of its height) + shift, by piece.

    The network is taught to overrate what is rare (compare Platt 1999).
    """

    slope: tuple[float, ...] = (1.0,) * PIECE_COUNT
    shift: tuple[float, ...] = (0.0,) * PIECE_COUNT

    def __post_init__(self) -> None:
        if len(self.slope) != PIECE_COUNT or len(self.shift) != PIECE_COUNT:
            raise ValueError(f"there must be {PIECE_COUNT} slopes and shifts, one a piece of the kit")

    def probability(self, height: NDArray[np.float32], piece: NDArray[np.intp]) -> NDArray[np.float64]:
        odds = np.array(self.slope)[piece] * log_odds(height) + np.array(self.shift)[piece]
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), np.float64)


def log_odds(height: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of heights between 0 and 1, kept finite."""
    inside = np.clip(height.astype(np.float64), _LEAST_SURE, 1.0 - _LEAST_SURE)
    return np.asarray(np.log(inside / (1.0 - inside)), np.float64)


@dataclass(frozen=True, slots=True)
class DrumThresholds:
    """From which value on something counts; one setting for every kind of recording."""

    onset: float | None = None  # probability of a hit; None: chosen for each passage, see `networks.choice`


def decode_drums(
    activations: DrumActivations,
    calibration: DrumCalibration | None = None,
    thresholds: DrumThresholds | None = None,
) -> list[DrumHit]:
    """The hits in a recording, sorted by time; none where there is no drummer, unless a threshold is given."""
    threshold = (thresholds or DrumThresholds()).onset
    onset, hop_s = activations.onset, activations.hop_s
    frame, piece = find_peaks(onset, LOWEST_PEAK)
    if not len(frame):
        return []
    single = _without_doubles(onset, frame, piece)
    frame, piece = frame[single], piece[single]
    time_s = between_frames(onset, frame, piece) * hop_s
    probability = (calibration or DrumCalibration()).probability(onset[frame, piece], piece)
    possible = _one_hat(piece, time_s, probability)
    if threshold is None:
        chosen = likeliest(probability[possible], frame[possible], len(onset), hop_s, clearest=CLEAR)
    else:
        chosen = probability[possible] >= threshold
    kept = np.flatnonzero(possible)[chosen]
    frame, piece, time_s, probability = frame[kept], piece[kept], time_s[kept], probability[kept]
    velocity = _velocities(activations, frame, piece)
    hits = [
        DrumHit(float(time), DRUM_PIECES[index].written_key, int(loud), float(sure))
        for time, index, loud, sure in zip(time_s, piece, velocity, probability, strict=True)
    ]
    return sorted(hits) if threshold is not None or _are_played(hits, len(onset) * hop_s) else []


def _are_played(hits: Sequence[DrumHit], duration_s: float) -> bool:
    """Whether there is a drummer at all, or only here and there a sound like a drum."""
    clear = sum(hit.confidence >= CLEAR for hit in hits)
    return clear * 60.0 >= FEWEST_CLEAR_A_MINUTE * duration_s


def _without_doubles(onset: NDArray[np.float32], frame: NDArray[np.intp], piece: NDArray[np.intp]) -> list[int]:
    """Which peaks stay if of those without a valley between them only the highest does."""
    kept: list[int] = []
    for peak in range(len(frame)):
        last = kept[-1] if kept else -1
        if last >= 0 and piece[last] == piece[peak]:
            curve = onset[frame[last] : frame[peak] + 1, piece[peak]]
            if curve.min() > VALLEY * min(curve[0], curve[-1]):
                if curve[-1] > curve[0]:
                    kept[-1] = peak
                continue
        kept.append(peak)
    return kept


def _one_hat(piece: NDArray[np.intp], time_s: NDArray[np.float64], sure: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which hits stay if of a closed and an open hi-hat at the same time the less sure one goes."""
    kept = np.ones(len(piece), np.bool_)
    closed, opened = np.flatnonzero(piece == CLOSED_HAT), np.flatnonzero(piece == OPEN_HAT)
    first = np.searchsorted(time_s[closed], time_s[opened] - ONE_HAT_S, "right")
    last = np.searchsorted(time_s[closed], time_s[opened] + ONE_HAT_S, "left")
    for index, rivals in zip(opened, (closed[a:b] for a, b in zip(first, last, strict=True)), strict=True):
        if len(rivals) and sure[rivals].max() >= sure[index]:
            kept[index] = False
        else:
            kept[rivals] = False
    return kept


def _velocities(activations: DrumActivations, frame: NDArray[np.intp], piece: NDArray[np.intp]) -> NDArray[np.intp]:
    """MIDI velocities: the velocity around each peak, weighted by the peak."""
    read = 127.0 * around_peaks(activations.velocity, activations.onset, frame, piece)
    return np.asarray(np.clip(np.round(read), 1, 127), np.intp)
