"""Chooses DrumNet's thresholds, one a piece of the kit, on rendered mixes of songs that it was not taught on.

Real recordings are for measuring only, and hold too few toms to choose by. On rendered ones all is known, so it is
also measured there how exactly each piece is timed, and how well its loudness is heard.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mir_eval
import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.mixer import Mixer
from mp3tomidi.augment.pipeline import Chain
from mp3tomidi.augment.sources.source import SAMPLE_RATE
from mp3tomidi.train.datasets.clips import finished_clips
from mp3tomidi.train.scoring import DRUM_TOLERANCE_S, Counts
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.classes import DRUM_PIECES, PIECE_COUNT, PIECE_OF_KEY
from mp3tomidi.transcribe.drums.decoding import DrumActivations, DrumThresholds, decode_drums
from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
from mp3tomidi.transcribe.events import DrumHit

TRIED = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))


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


def choose_thresholds(clips: Sequence[HeardClip]) -> DrumThresholds:
    """For each piece the threshold of TRIED with the best F1."""
    tried = [measure(clips, DrumThresholds((threshold,) * PIECE_COUNT)) for threshold in TRIED]
    best = [int(np.argmax([matches[piece].counts.f1 for matches in tried])) for piece in range(PIECE_COUNT)]
    return DrumThresholds(tuple(TRIED[index] for index in best))


def measure(clips: Sequence[HeardClip], thresholds: DrumThresholds) -> list[Matches]:
    """Matches of each piece over all clips."""
    of_clips = [match_pieces(clip.hits, decode_drums(clip.activations, thresholds)) for clip in clips]
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
        result.append(Matches(Counts(len(pairs), len(ref_s), len(est)), error_s, played, heard))
    return result


def _sum(matches: Sequence[Matches]) -> Matches:
    def centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values - values.mean() if len(values) else values

    return Matches(
        sum((one.counts for one in matches), Counts(0, 0, 0)),
        np.concatenate([one.error_s for one in matches]),
        np.concatenate([centred(one.played) for one in matches]),
        np.concatenate([centred(one.heard) for one in matches]),
    )


def thresholds_table(thresholds: DrumThresholds, matches: Sequence[Matches]) -> str:
    """One line a piece: besides F1 the mean and the mean absolute error in time, and the correlation of velocities."""
    heading = ("threshold", "P", "R", "F1", "late ms", "off ms", "velocity", "hits")
    lines = [f"{'piece':<16}" + "".join(f"{name:>10}" for name in heading)]
    for piece, threshold, one in zip(DRUM_PIECES, thresholds.onset, matches, strict=True):
        counts, late_ms = one.counts, 1000.0 * one.error_s
        varied = len(one.heard) > 2 and one.heard.std() > 0 and one.played.std() > 0
        figures = (
            f"{threshold:.2f}",
            *(f"{value:.3f}" for value in (counts.precision, counts.recall, counts.f1)),
            *(f"{value.mean() if len(value) else math.nan:.1f}" for value in (late_ms, np.abs(late_ms))),
            f"{np.corrcoef(one.played, one.heard)[0, 1] if varied else math.nan:.3f}",
            str(counts.reference),
        )
        lines.append(f"{piece.name:<16}" + "".join(f"{figure:>10}" for figure in figures))
    return "\n".join(lines)
