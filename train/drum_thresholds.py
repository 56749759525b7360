"""Chooses DrumNet's thresholds, one a piece of the kit, on rendered mixes of songs that it was not taught on.

Real recordings are for measuring only, and hold too few toms to choose by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mir_eval
import numpy as np
import torch
from numpy.typing import NDArray

from mp3tomidi.augment.mixer import Mixer
from mp3tomidi.augment.pipeline import Chain
from mp3tomidi.train.scoring import DRUM_TOLERANCE_S, Counts
from mp3tomidi.transcribe.drum_classes import DRUM_PIECES, PIECE_COUNT, PIECE_OF_KEY
from mp3tomidi.transcribe.drum_decoding import DrumThresholds, decode_drums
from mp3tomidi.transcribe.drum_transcriber import DrumTranscriber
from mp3tomidi.transcribe.events import DrumHit

TRIED = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))
_CLIP_SEED, _CHAIN_SEED = 1, 2


@dataclass(frozen=True)
class PieceScore:
    """What the best threshold of a piece gives."""

    threshold: float
    counts: Counts


def choose_thresholds(
    transcriber: DrumTranscriber,
    mixer: Mixer,
    chain: Chain,
    *,
    clips: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> list[PieceScore]:
    """For each piece the threshold of TRIED with the best F1 over `clips` rendered mixes."""
    nothing = Counts(0, 0, 0)
    sums = {threshold: [nothing] * PIECE_COUNT for threshold in TRIED}
    for clip in range(clips):
        dry, labels = mixer.clip(np.random.default_rng([seed, _CLIP_SEED, clip]))
        drawn = chain.draw(np.random.default_rng([seed, _CHAIN_SEED, clip]), 1)
        sound = chain.sound(torch.from_numpy(dry)[None, None], drawn)[0, 0].numpy()
        heard = transcriber.hear(sound)
        hits = chain.labels(labels, drawn).drum_hits
        hits = hits[(hits["onset_s"] >= 0.0) & (hits["onset_s"] < heard.duration_s)]
        for threshold, counts in sums.items():
            found = decode_drums(heard.activations, DrumThresholds((threshold,) * PIECE_COUNT))
            sums[threshold] = [sum(pair, nothing) for pair in zip(counts, count_pieces(hits, found), strict=True)]
        progress(clip + 1)
    return [
        max((PieceScore(threshold, counts[piece]) for threshold, counts in sums.items()), key=lambda s: s.counts.f1)
        for piece in range(PIECE_COUNT)
    ]


def count_pieces(hits: NDArray[np.void], found: list[DrumHit]) -> list[Counts]:
    """Counts for each piece; hits at the same time on two keys of a piece are one."""
    result = []
    for piece in range(PIECE_COUNT):
        ref = np.unique(hits["onset_s"][[PIECE_OF_KEY.get(int(key)) == piece for key in hits["key"]]])
        est = np.array([hit.onset_s for hit in found if PIECE_OF_KEY[hit.key] == piece])
        both = len(ref) and len(est)
        matched = len(mir_eval.util.match_events(ref, est, DRUM_TOLERANCE_S)) if both else 0
        result.append(Counts(matched, len(ref), len(est)))
    return result


def thresholds_table(scores: list[PieceScore]) -> str:
    """One line a piece."""
    lines = [f"{'piece':<16}{'threshold':>10}{'P':>8}{'R':>8}{'F1':>8}{'hits':>8}"]
    for piece, score in zip(DRUM_PIECES, scores, strict=True):
        counts = score.counts
        lines.append(
            f"{piece.name:<16}{score.threshold:>10.2f}{counts.precision:>8.3f}{counts.recall:>8.3f}"
            f"{counts.f1:>8.3f}{counts.reference:>8}"
        )
    return "\n".join(lines)
