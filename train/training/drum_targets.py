"""Training targets of DrumNet from labelled drum hits: onset and velocity in [clip, frames, piece] cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.transcribe.drum_kit import PIECE_COUNT, PIECE_OF_KEY

# A hit is a Gaussian around its exact time, so that a parabola through the peak finds the time between frames; narrow
# enough that two hits 30 ms apart (a flam) are two peaks with a valley of a third between them.
HIT_WIDTH_FRAMES = 0.65  # standard deviation
_REACH_FRAMES = 3


@dataclass(frozen=True)
class DrumTargets:
    """Each [clip, frames, piece]: onset between 0 and 1; velocity / 127 where its mask is 1."""

    onset: Tensor
    velocity: Tensor
    velocity_mask: Tensor


def drum_targets(
    hits: NDArray[np.void],
    clip_count: int,
    frame_count: int,
    hop_s: float,
    device: torch.device | str = "cpu",
) -> DrumTargets:
    """Targets of labelled hits (dtype augment.labels.DRUM_HIT); keys that are no piece of the kit are left out."""
    hits = hits[np.isin(hits["key"], list(PIECE_OF_KEY))]
    clip = hits["clip"].astype(np.int64)
    piece = np.array([PIECE_OF_KEY[int(key)] for key in hits["key"]], np.int64)
    time = hits["onset_s"] / hop_s
    onset, velocity, mask = np.zeros((3, clip_count, frame_count, PIECE_COUNT), np.float32)
    for shift in range(-_REACH_FRAMES, _REACH_FRAMES + 1):
        frame = np.round(time).astype(np.int64) + shift
        inside = (frame >= 0) & (frame < frame_count)
        cells = (clip[inside], frame[inside], piece[inside])
        height = np.exp(-0.5 * ((frame - time)[inside] / HIT_WIDTH_FRAMES) ** 2)
        np.maximum.at(onset, cells, height.astype(np.float32))
        if abs(shift) <= 1:
            np.maximum.at(velocity, cells, hits["velocity"][inside] / 127.0)  # of hits at once the hardest
            mask[cells] = 1.0
    return DrumTargets(*(torch.from_numpy(a).to(device) for a in (onset, velocity, mask)))
