"""Training data and training of DrumVelocity: matched candidates, and the velocities that were played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import mse_loss

from mp3tomidi.train.judges.perceptron_fitting import fit
from mp3tomidi.train.recipe import JudgeTraining
from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates
from mp3tomidi.transcribe.drums.velocity import against_mean, velocity_features
from mp3tomidi.transcribe.drums.velocity_net import UNIT, DrumVelocity

FAINTEST = 0.4  # of the peaks of hits: what is hardly audible says nothing of how loud it is


@dataclass(frozen=True)
class Strokes:
    """Features [strokes, velocity.FEATURE_COUNT] as float16, MIDI velocities against the mean of the clip's strokes on
    that piece, and the clip that each is from.
    """

    features: NDArray[np.float16]
    velocity: NDArray[np.float32]
    clip: NDArray[np.int32]


def strokes_of(
    activations: DrumActivations, candidates: DrumCandidates, played: NDArray[np.float64], clip: int
) -> Strokes:
    """What a clip teaches. `played` [candidates] are the velocities of the hits that they match, nan where none."""
    known = np.flatnonzero(~np.isnan(played) & (candidates.height > FAINTEST))
    frame, piece = candidates.frame[known], candidates.piece[known]
    return Strokes(
        velocity_features(activations, frame, piece).astype(np.float16),
        against_mean(played[known], piece).astype(np.float32),
        np.full(len(known), clip, np.int32),
    )


def joined(parts: Sequence[Strokes]) -> Strokes:
    """The strokes of several clips."""
    names = [field.name for field in fields(Strokes)]
    return Strokes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def teach_drum_velocity(data: Strokes, training: JudgeTraining, report: Callable[[str], None]) -> DrumVelocity:
    """A DrumVelocity taught on the strokes by squared errors; reports each epoch."""
    return fit(DrumVelocity, data.features, data.velocity, data.clip, training, _in_units, _correlation, report)


def _in_units(velocity: Tensor, played: Tensor) -> Tensor:
    return mse_loss(velocity / UNIT, played / UNIT)


def _correlation(velocity: Tensor, played: Tensor) -> str:
    return f"held-out velocities correlate by {torch.corrcoef(torch.stack([velocity, played]))[0, 1].item():.3f}"
