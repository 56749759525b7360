"""Finds out how likely a peak of DrumNet is a hit, piece by piece, on rendered mixes of songs and kits kept from it.

Real recordings are for measuring only, and hold too few toms to go by. On rendered ones all is known, so it is
also measured there how exactly each piece is timed, and how well its loudness is heard.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mir_eval
import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from mp3tomidi.augment.mixer import Mixer
from mp3tomidi.augment.pipeline import Chain
from mp3tomidi.augment.sources.source import SAMPLE_RATE
from mp3tomidi.train.datasets.clips import finished_clips
from mp3tomidi.train.scoring import DRUM_TOLERANCE_S, Counts
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.classes import DRUM_PIECES, PIECE_COUNT, PIECE_OF_KEY
from mp3tomidi.transcribe.drums.decoding import (
    DrumActivations,
    DrumCalibration,
    DrumThresholds,
    decode_drums,
    log_odds,
)
from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
from mp3tomidi.transcribe.events import DrumHit

FEWEST_HITS = 20  # of a piece, to be calibrated by


@dataclass(frozen=True)
class HeardClip:
    """A rendered mix as the network hears it, and the hits in it (dtype augment.labels.DRUM_HIT)."""

    activations: DrumActivations
    hits: NDArray[np.void]


@dataclass(frozen=True)
class Matches:
    """Hits of one piece, counted; of the matched ones the error in time, and the velocities.

    Over several clips, velocities are counted from each clip's mean: how loud a recording is says nothing of them.
    """

    counts: Counts
    matched: NDArray[np.intp]  # of one recording: which of the hits of the piece that were found
    error_s: NDArray[np.float64]
    played: NDArray[np.float64]
    heard: NDArray[np.float64]


def hear_clips(
    transcriber: DrumTranscriber,
    mixer: Mixer,
    chain: Chain,
    *,
    clips: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> list[HeardClip]:
    """What the network says of freshly rendered mixes."""
    heard_clips = []
    for sound, labels in finished_clips(mixer, chain, count=clips, seed=seed):
        heard, hits = transcriber.hear(Audio(sound, SAMPLE_RATE)), labels.drum_hits
        inside = (hits["onset_s"] >= 0.0) & (hits["onset_s"] < heard.duration_s)
        heard_clips.append(HeardClip(heard.activations, hits[inside]))
        progress(len(heard_clips))
    return heard_clips


def calibrate(clips: Sequence[HeardClip]) -> DrumCalibration:
    """The slopes and shifts with the least cross entropy over all peaks (Platt 1999)."""
    everything, as_they_are = DrumThresholds(onset=0.0), DrumCalibration()
    heights: list[list[float]] = [[] for _ in DRUM_PIECES]
    are_hits: list[list[bool]] = [[] for _ in DRUM_PIECES]
    for clip in clips:
        found = decode_drums(clip.activations, as_they_are, everything)
        for piece, matches in enumerate(match_pieces(clip.hits, found)):
            of_piece = [hit for hit in found if PIECE_OF_KEY[hit.key] == piece]
            heights[piece] += [hit.confidence for hit in of_piece]
            are_hits[piece] += np.isin(np.arange(len(of_piece)), matches.matched).tolist()
    fitted = [
        _logistic(log_odds(np.array(height, np.float32)), np.array(is_hit, np.bool_))
        for height, is_hit in zip(heights, are_hits, strict=True)
    ]
    return DrumCalibration(tuple(slope for slope, _ in fitted), tuple(shift for _, shift in fitted))


def _logistic(odds: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift; those that change nothing where there is too little to go by."""
    if truth.sum() < FEWEST_HITS or truth.all():
        return 1.0, 0.0

    def cross_entropy(line: NDArray[np.float64]) -> float:
        value = line[0] * odds + line[1]
        return float(np.mean(np.logaddexp(0.0, value) - truth * value))

    slope, shift = optimize.minimize(cross_entropy, np.array([1.0, 0.0])).x
    return round(float(slope), 4), round(float(shift), 4)


def measure(clips: Sequence[HeardClip], calibration: DrumCalibration) -> list[Matches]:
    """Matches of each piece over all clips."""
    of_clips = [match_pieces(clip.hits, decode_drums(clip.activations, calibration)) for clip in clips]
    return [_sum(of_piece) for of_piece in zip(*of_clips, strict=True)]


def match_pieces(hits: NDArray[np.void], found: Sequence[DrumHit]) -> list[Matches]:
    """Matches of each piece within 50 ms; hits at the same time on two keys of a piece are one."""
    piece_of_hit = np.array([PIECE_OF_KEY.get(int(key), -1) for key in hits["key"]])
    result = []
    for piece in range(PIECE_COUNT):
        of_piece = hits[piece_of_hit == piece]
        ref_s, first = np.unique(of_piece["onset_s"], return_index=True)
        velocity = of_piece["velocity"][first].astype(np.float64)
        est = [hit for hit in found if PIECE_OF_KEY[hit.key] == piece]
        est_s = np.array([hit.onset_s for hit in est])
        pairs = mir_eval.util.match_events(ref_s, est_s, DRUM_TOLERANCE_S) if len(ref_s) and est else []
        error_s, played, heard = (
            np.array(rows, np.float64)
            for rows in (
                [est_s[j] - ref_s[i] for i, j in pairs],
                [velocity[i] for i, _ in pairs],
                [est[j].velocity for _, j in pairs],
            )
        )
        matched = np.array([j for _, j in pairs], np.intp)
        result.append(Matches(Counts(len(pairs), len(ref_s), len(est)), matched, error_s, played, heard))
    return result


def _sum(matches: Sequence[Matches]) -> Matches:
    def centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values - values.mean() if len(values) else values

    return Matches(
        sum((one.counts for one in matches), Counts(0, 0, 0)),
        np.zeros(0, np.intp),
        np.concatenate([one.error_s for one in matches]),
        np.concatenate([centred(one.played) for one in matches]),
        np.concatenate([centred(one.heard) for one in matches]),
    )


def calibration_table(matches: Sequence[Matches]) -> str:
    """One line a piece: besides F1 the mean and the mean absolute error in time, and the correlation of velocities."""
    heading = ("P", "R", "F1", "late ms", "off ms", "velocity", "hits")
    lines = [f"{'piece':<16}" + "".join(f"{name:>10}" for name in heading)]
    for piece, one in zip(DRUM_PIECES, matches, strict=True):
        counts, late_ms = one.counts, 1000.0 * one.error_s
        varied = len(one.heard) > 2 and one.heard.std() > 0 and one.played.std() > 0
        figures = (
            *(f"{value:.3f}" for value in (counts.precision, counts.recall, counts.f1)),
            *(f"{value.mean() if len(value) else math.nan:.1f}" for value in (late_ms, np.abs(late_ms))),
            f"{np.corrcoef(one.played, one.heard)[0, 1] if varied else math.nan:.3f}",
            str(counts.reference),
        )
        lines.append(f"{piece.name:<16}" + "".join(f"{figure:>10}" for figure in figures))
    return "\n".join(lines)
