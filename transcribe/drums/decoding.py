"""From what DrumNet says of each frame to drum hits: which peaks are hits, when exactly, and how hard.

Hits of one piece may follow each other as fast as 30 ms (flams, rolls), but one hit must not give two, so a peak
close behind another counts only if there is a valley between them. A hi-hat is closed or open, not both at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.drums.classes import CLOSED_HAT, DRUM_PIECES, OPEN_HAT, PIECE_COUNT
from mp3tomidi.transcribe.events import DrumHit
from mp3tomidi.transcribe.networks.activations import between_frames, find_peaks

VALLEY = 0.6  # of the lower of two peaks: what lies between them must be less
ONE_HAT_S = 0.03  # a closed and an open hi-hat closer than this are one stroke


@dataclass(frozen=True)
class DrumActivations:
    """Probabilities and velocities [frames, piece], and the time from one frame to the next."""

    onset: NDArray[np.float32]
    velocity: NDArray[np.float32]
    hop_s: float


@dataclass(frozen=True, slots=True)
class DrumThresholds:
    """From which probability on a peak is a hit, by piece; one setting for every kind of recording."""

    onset: tuple[float, ...] = (0.4,) * PIECE_COUNT

    def __post_init__(self) -> None:
        if len(self.onset) != PIECE_COUNT:
            raise ValueError(f"there must be {PIECE_COUNT} thresholds, one a piece of the kit")


def decode_drums(activations: DrumActivations, thresholds: DrumThresholds | None = None) -> list[DrumHit]:
    """The hits in a recording, sorted by time."""
    thresholds = thresholds or DrumThresholds()
    onset, hop_s = activations.onset, activations.hop_s
    needed = np.array(thresholds.onset, np.float32)
    frame, piece = find_peaks(onset, needed)
    if not len(frame):
        return []
    single = _without_doubles(onset, frame, piece)
    frame, piece = frame[single], piece[single]
    time_s = between_frames(onset, frame, piece) * hop_s
    kept = _one_hat(piece, time_s, onset[frame, piece] / needed[piece])
    frame, piece, time_s = frame[kept], piece[kept], time_s[kept]
    velocity = _velocities(activations, frame, piece)
    hits = [
        DrumHit(float(time), DRUM_PIECES[index].written_key, int(loud), float(min(1.0, sure)))
        for time, index, loud, sure in zip(time_s, piece, velocity, onset[frame, piece], strict=True)
    ]
    return sorted(hits)


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


def _one_hat(piece: NDArray[np.intp], time_s: NDArray[np.float64], sure: NDArray[np.float32]) -> NDArray[np.bool_]:
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
    frames = np.clip(frame + np.arange(-1, 2)[:, None], 0, len(activations.onset) - 1)
    weights = activations.onset[frames, piece]
    read = 127.0 * (activations.velocity[frames, piece] * weights).sum(0) / weights.sum(0)
    return np.asarray(np.clip(np.round(read), 1, 127), np.intp)
