"""Scores each piece of the drum kit on rendered mixes: F1, timing and velocity correlation.

Real recordings hold too few toms to go by. On rendered ones all is known, so it is also measured there how exactly each
piece is timed, and how well its velocity is estimated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import mir_eval
import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.labels import Labels
from mp3tomidi.train.evaluation.note_scores import DRUM_TOLERANCE_S, Counts
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drum_kit import DRUM_PIECES, PIECE_COUNT, PIECE_OF_KEY
from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
from mp3tomidi.transcribe.events import DrumHit


@dataclass(frozen=True)
class Matches:
    """Hits of one piece, or of several, counted; of the matched ones the error in time, and the velocities.

    Over several clips, velocities are counted from their mean in each: how loud a recording is says nothing of them.
    """

    counts: Counts
    error_s: NDArray[np.float64]
    played: NDArray[np.float64]
    estimated: NDArray[np.float64]


def measure(
    transcriber: DrumTranscriber, clips: Iterable[tuple[NDArray[np.float32], Labels]], sample_rate: int
) -> list[Matches]:
    """Matches of each piece, and last of all together, over rendered mixes (at a rate in Hz) and their labels."""
    of_clips = []
    for sound, labels in clips:
        found = transcriber.transcribe(Audio(sound, sample_rate))
        of_pieces = match_pieces(by_piece(labels.drum_hits, found.duration_s), found.drum_hits)
        of_clips.append([*of_pieces, _joined(of_pieces)])
    return [_joined([_centred(one) for one in of_one]) for of_one in zip(*of_clips, strict=True)]


def by_piece(hits: NDArray[np.void], duration_s: float) -> list[NDArray[np.void]]:
    """The hits (dtype DRUM_HIT) of each piece within a recording; those at the same time on two of its keys are one."""
    inside = hits[(hits["onset_s"] >= 0.0) & (hits["onset_s"] < duration_s)]
    piece_of_hit = np.array([PIECE_OF_KEY.get(int(key), -1) for key in inside["key"]])
    of_pieces = [inside[piece_of_hit == piece] for piece in range(PIECE_COUNT)]
    return [of_piece[np.unique(of_piece["onset_s"], return_index=True)[1]] for of_piece in of_pieces]


def matched(reference_s: NDArray[np.float64], estimate_s: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Which reference matches which estimate within 50 ms."""
    if not len(reference_s) or not len(estimate_s):
        return []
    pairs: list[tuple[int, int]] = mir_eval.util.match_events(reference_s, estimate_s, DRUM_TOLERANCE_S)
    return pairs


def match_pieces(hits: Sequence[NDArray[np.void]], found: Sequence[DrumHit]) -> list[Matches]:
    """Matches of each piece, from what `by_piece` gives."""
    result = []
    for piece, of_piece in enumerate(hits):
        est = [hit for hit in found if PIECE_OF_KEY[hit.key] == piece]
        est_s = np.array([hit.onset_s for hit in est])
        pairs = matched(of_piece["onset_s"], est_s)
        error_s, played, estimated = (
            np.array(rows, np.float64)
            for rows in (
                [est_s[j] - of_piece["onset_s"][i] for i, j in pairs],
                [of_piece["velocity"][i] for i, _ in pairs],
                [est[j].velocity for _, j in pairs],
            )
        )
        result.append(Matches(Counts(len(pairs), len(of_piece), len(est)), error_s, played, estimated))
    return result


def _centred(one: Matches) -> Matches:
    """With velocities counted from their mean."""
    played, estimated = (values - values.mean() if len(values) else values for values in (one.played, one.estimated))
    return replace(one, played=played, estimated=estimated)


def _joined(matches: Sequence[Matches]) -> Matches:
    names = ("error_s", "played", "estimated")
    counts = sum((one.counts for one in matches), Counts(0, 0, 0))
    return Matches(counts, *(np.concatenate([getattr(one, name) for one in matches]) for name in names))


def pieces_table(matches: Sequence[Matches]) -> str:
    """A line a piece and one of all: F1, the mean and the mean absolute error in time, how velocities correlate."""
    heading = ("P", "R", "F1", "late ms", "off ms", "velocity", "hits")
    lines = [f"{'piece':<16}" + "".join(f"{title:>10}" for title in heading)]
    for name, one in zip((*(piece.name for piece in DRUM_PIECES), "all"), matches, strict=True):
        counts, late_ms = one.counts, 1000.0 * one.error_s
        varied = len(one.estimated) > 2 and one.estimated.std() > 0 and one.played.std() > 0
        figures = (
            *(f"{value:.3f}" for value in (counts.precision, counts.recall, counts.f1)),
            *(f"{value.mean() if len(value) else math.nan:.1f}" for value in (late_ms, np.abs(late_ms))),
            f"{np.corrcoef(one.played, one.estimated)[0, 1] if varied else math.nan:.3f}",
            str(counts.reference),
        )
        lines.append(f"{name:<16}" + "".join(f"{figure:>10}" for figure in figures))
    return "\n".join(lines)
