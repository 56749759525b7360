"""Changes of the mel levels that an FCN-4 sees in training: equalisers, other registers, gaps, two segments at once.

Masks of bands and frames are those of SpecAugment (Park et al. 2019, arXiv 1904.08779), two segments at once the mixup
of sounds rather than of levels (Zhang et al. 2018, arXiv 1710.09412): their powers add up, and so do their classes.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

MIXED_SHARE = 0.3  # of the batches
AUDIBLE_SHARE = 0.15  # of the power, from which on a segment's classes count
EQUALISER_BELS, EQUALISER_POINTS = 0.12, 6  # standard deviation at points between which it is interpolated
MOVED_SHARE, MOST_BANDS_MOVED = 0.5, 2
MASKED_SHARE = 0.3  # of the segments, of bands and of frames each
_BANDS_MASKED, _FRAMES_MASKED = (2, 10), (3, 30)
_MASK_BELS, _FLOOR_BELS = -4.5, -6.0


def augmented(levels: Tensor, target: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Levels in bels [segment, band, frame] and targets [segment, class] of 0 and 1, both changed."""
    count, bands, frames = levels.shape
    if rng.random() < MIXED_SHARE:
        levels, target = _mixed(levels, target, rng)
    points = torch.from_numpy(rng.normal(0.0, EQUALISER_BELS, (count, 1, EQUALISER_POINTS)).astype(np.float32))
    equaliser = nn.functional.interpolate(points, bands, mode="linear", align_corners=True)
    changed = levels + equaliser.transpose(1, 2)
    if rng.random() < MOVED_SHARE:
        moves = rng.integers(-MOST_BANDS_MOVED, MOST_BANDS_MOVED + 1, count)
        changed = torch.stack([torch.roll(row, int(by), 0) for row, by in zip(changed, moves, strict=True)])
    for row in changed:
        if rng.random() < MASKED_SHARE:
            first = int(rng.integers(bands))
            row[first : first + int(rng.integers(*_BANDS_MASKED))] = row.mean()
        if rng.random() < MASKED_SHARE:
            first = int(rng.integers(frames))
            row[:, first : first + int(rng.integers(*_FRAMES_MASKED))] = _MASK_BELS
    return changed.clamp(min=_FLOOR_BELS), target


def _mixed(levels: Tensor, target: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    other, share = torch.from_numpy(rng.permutation(len(levels))), float(rng.uniform(0.0, 1.0))
    power = share * 10.0**levels + (1.0 - share) * 10.0 ** levels[other]
    kept = target * float(share > AUDIBLE_SHARE), target[other] * float(share < 1.0 - AUDIBLE_SHARE)
    return torch.log10(power), torch.maximum(*kept)
