"""Candidates for the beat of a recording, and what each would make of the evidence.

The course of the beat that `paths` follows may be of another level than the beat, two thirds of it for instance, or
lie between the beats. Candidates are all simple ratios to it, each from where onsets gather; how well each counting of
their beats in bars explains the recording is the subject of `explanations`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.rhythm.evidence import KINDS, Evidence

# Beats of the candidate to one of the course.
RATIOS = (1 / 4, 1 / 3, 3 / 8, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 8 / 3, 3.0, 4.0)
SLOWEST_BEATS_PER_MINUTE, FASTEST_BEATS_PER_MINUTE = 38.0, 380.0
PLACES = np.array([0, 2, 3, 4, 6, 8, 9, 10]) / 12  # within a beat
BAR_BEATS = (2, 3, 4, 5, 7)  # to count in
LAGS = 8  # beats after which the music is compared with itself
JITTER_S, LEAST_JITTER_BEATS = 0.018, 0.012  # standard deviation of onsets around their place
HALFWAY = 4  # index among PLACES
# A pulse: shares of beats that are struck, and of evidence between them, how alike each is to the next; beats a minute.
PULSE_STRUCK, PULSE_BETWEEN, PULSE_ALIKE = 0.8, 0.04, 0.7
SLOWEST_PULSE, FASTEST_PULSE = 45.0, 240.0
LONGEST_REST_BEATS = 4  # of longer silence no more is counted
STRUCK = 0.3  # nearness of the onsets of a beat, in sum, from which on it is struck
MIDDLE_BEATS_PER_MINUTE = 110.0  # tempos are counted from
NOWHERE = 0.01  # as likely as a place that is three standard deviations away
FEW_ONSETS = 4.0  # of a kind that say little
MOST_PHASES = 5
PHASE_BINS = 48  # to a beat
LEAST_PHASE = 0.08  # of the onsets that gather at the best one
LAG_BINS = 24  # to a beat of the course
EXTRAS = (
    "one",
    "tempo",
    "tempo squared",
    "density",
    "density squared",
    "beats struck",
    "halves struck",
    *(f"rhythm after {lag}" for lag in range(1, LAGS + 1)),
    *(f"pitches after {lag}" for lag in range(1, LAGS + 1)),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Beats at `ratio` times the position of the course, less `phase`; shares are of the evidence of each kind."""

    ratio: float
    phase: float
    beat_s: float  # median
    on_beats: dict[int, NDArray[np.float64]]  # by beats to a bar: shares [kind, beat of the bar], the first one's too
    between: NDArray[np.float64]  # shares [kind, place but the first]
    extras: NDArray[np.float64]  # as EXTRAS names them

    @property
    def is_bare_pulse(self) -> bool:
        """Whether beats are struck alike, and nothing between them, as by a metronome: it cannot mean another tempo."""
        on_beats, between = float(self.on_beats[BAR_BEATS[0]].sum()), float(self.between.sum())
        struck = self.extras[EXTRAS.index("beats struck")]
        return bool(
            struck > PULSE_STRUCK
            and self.extras[EXTRAS.index("rhythm after 1")] > PULSE_ALIKE
            and between < PULSE_BETWEEN * (on_beats + between)
            and SLOWEST_PULSE <= 60.0 / self.beat_s <= FASTEST_PULSE
        )


def candidates_of(
    evidence: Evidence, position: NDArray[np.float64], beat_s: float, ratios: tuple[float, ...] = RATIOS
) -> list[Candidate]:
    """The candidates of a recording.

    position: of each onset in beats of the course; beat_s: the median length of these.
    """
    alike = _alike_after(evidence, position)
    found = []
    for ratio in ratios:
        length_s = beat_s / ratio
        if not SLOWEST_BEATS_PER_MINUTE <= 60.0 / length_s <= FASTEST_BEATS_PER_MINUTE:
            continue
        jitter = max(JITTER_S / length_s, LEAST_JITTER_BEATS)
        for phase in _phases(position * ratio, evidence.strength.sum(axis=1), jitter):
            found.append(_candidate(evidence, position * ratio - phase, ratio, phase, length_s, jitter, alike))
    return found


def _phases(position: NDArray[np.float64], weight: NDArray[np.float64], jitter: float) -> list[float]:
    """Where within a beat onsets gather, the most first."""
    held = np.bincount((position % 1.0 * PHASE_BINS).astype(np.intp) % PHASE_BINS, weight, PHASE_BINS)
    away = np.minimum(np.arange(PHASE_BINS), PHASE_BINS - np.arange(PHASE_BINS)) / PHASE_BINS
    kernel = np.fft.rfft(np.exp(-0.5 * (away / max(jitter, 1.0 / PHASE_BINS)) ** 2))
    smooth = np.fft.irfft(np.fft.rfft(held) * kernel, PHASE_BINS)
    peaks = np.flatnonzero((smooth >= np.roll(smooth, 1)) & (smooth > np.roll(smooth, -1)))
    peaks = peaks[smooth[peaks] >= LEAST_PHASE * smooth.max()]
    chosen = []
    for peak in peaks[np.argsort(-smooth[peaks])][:MOST_PHASES]:
        centre = (peak + 0.5) / PHASE_BINS
        off = (position - centre + 0.5) % 1.0 - 0.5
        near = weight * np.exp(-0.5 * (off / (1.5 * jitter)) ** 2)
        chosen.append(float(centre + (near * off).sum() / near.sum()))
    return chosen


def _candidate(
    evidence: Evidence,
    counted: NDArray[np.float64],
    ratio: float,
    phase: float,
    beat_s: float,
    jitter: float,
    alike: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Candidate:
    """counted: the beats that have passed by each onset, never falling."""
    first = int(np.floor(counted[0] + 0.5))
    beat = np.floor(counted + 0.5).astype(np.intp) - first  # the nearest
    near = _nearness(counted, jitter)
    strength = evidence.strength
    total = (strength.sum(axis=0) + FEW_ONSETS)[:, None]
    # Onsets of a beat follow each other, so that sums over beats are sums over stretches of them.
    starts = np.flatnonzero(np.diff(beat, prepend=-1))
    count = int(beat[-1]) + 1
    by_beat = np.zeros((count, len(KINDS)))
    by_beat[beat[starts]] = np.add.reduceat(strength * near[:, :1], starts)
    on_beats = {bar: _folded(by_beat, bar) / total for bar in BAR_BEATS}
    between = strength.T @ near[:, 1:] / total
    tempo = np.log2(60.0 / beat_s / MIDDLE_BEATS_PER_MINUTE)
    played = 1 + int(np.minimum(np.diff(beat), LONGEST_REST_BEATS).sum())
    density = np.log2(len(counted) / played)
    after = np.floor(counted - first).astype(np.intp) + 1  # of beats one half of which may lie before the first
    struck = np.bincount(beat, near[:, 0], count), np.bincount(after, near[:, HALFWAY], count)
    covered = [float(np.sum(sums > STRUCK)) / played for sums in struck]
    lag = np.rint(np.arange(1, LAGS + 1) / ratio * LAG_BINS).astype(np.intp)
    similar = [np.where(lag < len(way), way[np.minimum(lag, len(way) - 1)], 0.0) for way in alike]
    extras = np.concatenate([[1.0, tempo, tempo**2, density, density**2, *covered], *similar])
    return Candidate(ratio, phase + first, beat_s, on_beats, between, extras)


def _nearness(counted: NDArray[np.float64], jitter: float) -> NDArray[np.float64]:
    """How far each onset belongs to each place within a beat [onset, place]; the sum over places is below 1."""
    off = np.abs((counted % 1.0)[:, None] - PLACES)
    near = np.exp(-0.5 * (np.minimum(off, 1.0 - off) / jitter) ** 2)
    return np.asarray(near / (near.sum(axis=1, keepdims=True) + NOWHERE))


def _folded(by_beat: NDArray[np.float64], bar: int) -> NDArray[np.float64]:
    """Sums over all bars [kind, beat of the bar], counted from the first beat."""
    bars = -(-len(by_beat) // bar)
    padded = np.zeros((bars * bar, by_beat.shape[1]))
    padded[: len(by_beat)] = by_beat
    return np.asarray(padded.reshape(bars, bar, -1).sum(axis=0).T)


def _alike_after(evidence: Evidence, position: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How alike the rhythm and the pitches are after each time, in parts of a beat of the course: autocorrelations."""
    start = position.min() if len(position) else 0.0
    at = np.rint((position - start) * LAG_BINS).astype(np.intp)
    length = int(at.max()) + 1
    size = 1 << int(2 * length).bit_length()
    spread = np.exp(-0.5 * (np.fft.fftfreq(size, 1.0 / size) / 1.2) ** 2)
    smoothing = np.abs(np.fft.rfft(spread)) ** 2
    found = []
    for strengths in (evidence.strength, evidence.pitch_classes):
        power = np.zeros(len(smoothing))
        for column in strengths.T:  # one by one, for the memory of long recordings
            power += np.abs(np.fft.rfft(np.bincount(at, column, size))) ** 2
        similar = np.fft.irfft(power * smoothing)[: size // 2]
        overlap = 1.0 - np.arange(len(similar)) / length
        usable = overlap > 0.2
        similar = np.where(usable, similar / np.maximum(overlap, 0.2), 0.0) / max(similar[0], 1e-9)
        found.append(np.minimum(similar, 1.5))
    return found[0], found[1]
