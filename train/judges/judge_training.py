"""Trains judges: perceptrons that tell events from other candidates, by binary cross entropy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.train.judges.perceptron_fitting import fit
from mp3tomidi.train.recipe import JudgeTraining, MixRecipe
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork
from mp3tomidi.transcribe.networks.perceptron import LogitPerceptron

SomeJudge = TypeVar("SomeJudge", bound=LogitPerceptron)


@dataclass(frozen=True)
class JudgeRun:
    """What a judge is taught with, and where to: the network's folder of weights."""

    recipe: MixRecipe
    network: FrameNetwork
    mixer: Mixer
    chain: Chain
    weights: Path
    banks: Path
    clips_done: Callable[[int], None]
    report: Callable[[str], None]

    def taught(
        self, new_judge: Callable[[], SomeJudge], data: JudgedCandidates, training: JudgeTraining | None = None
    ) -> SomeJudge:
        """A judge taught on the candidates, by the recipe's settings if no others are given."""
        self.report(f"\n{len(data.is_event)} candidates, {100 * data.is_event.mean():.1f} % of them played")
        return teach_judge(new_judge, data, training or self.recipe.judge_training, self.report)


@dataclass(frozen=True)
class JudgedCandidates:
    """Features [candidates, feature] as float16, whether each is an event, and the clip that it is from."""

    features: NDArray[np.float16]
    is_event: NDArray[np.bool_]
    clip: NDArray[np.int32]


def teach_judge(
    new_judge: Callable[[], SomeJudge], data: JudgedCandidates, training: JudgeTraining, report: Callable[[str], None]
) -> SomeJudge:
    """A judge taught on the candidates by binary cross entropy; reports each epoch."""
    is_event = data.is_event.astype(np.float32)
    return fit(
        new_judge,
        data.features,
        is_event,
        data.clip,
        training,
        binary_cross_entropy_with_logits,
        _loss_and_share_right,
        report,
    )


def _loss_and_share_right(logits: Tensor, is_event: Tensor) -> str:
    loss = binary_cross_entropy_with_logits(logits, is_event).item()
    right = ((logits > 0) == (is_event > 0.5)).float().mean().item()
    return f"held-out loss {loss:.4f}, {100 * right:.1f} % right"
