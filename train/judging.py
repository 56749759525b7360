"""Teaches judges: which candidates of a network are events, by those that it finds in rendered mixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mp3tomidi.train.recipe import JudgeTraining
from mp3tomidi.transcribe.models.judges import DrumJudge, Judge, NoteJudge

SomeJudge = TypeVar("SomeJudge", NoteJudge, DrumJudge)


@dataclass(frozen=True)
class JudgedCandidates:
    """Features [candidates, feature] as float16, whether each is an event, and the clip that it is from."""

    features: NDArray[np.float16]
    is_event: NDArray[np.bool_]
    clip: NDArray[np.int32]


def teach_judge(
    new_judge: Callable[[], SomeJudge], data: JudgedCandidates, training: JudgeTraining, report: Callable[[str], None]
) -> SomeJudge:
    """A judge taught on the candidates by binary cross entropy, the rate falling to zero; reports each epoch."""
    torch.manual_seed(training.seed)
    judge = new_judge()
    rng = np.random.default_rng(training.seed)
    judge.mean.copy_(torch.from_numpy(data.features.mean(axis=0, dtype=np.float64)))
    judge.deviation.copy_(torch.from_numpy(data.features.std(axis=0, dtype=np.float64) + 1e-3))
    held_out = data.clip >= training.clips * (1.0 - training.held_out_share)
    taught = np.flatnonzero(~held_out)
    steps_an_epoch = -(-len(taught) // training.batch_candidates)
    optimizer = torch.optim.AdamW(judge.parameters(), training.learning_rate, weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, training.epochs * steps_an_epoch)
    loss_of = nn.functional.binary_cross_entropy_with_logits
    for epoch in range(training.epochs):
        judge.train()
        for rows in np.array_split(rng.permutation(taught), steps_an_epoch):
            features = torch.from_numpy(data.features[rows].astype(np.float32))
            loss = loss_of(judge(features), torch.from_numpy(data.is_event[rows].astype(np.float32)))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        report(f"epoch {epoch + 1} of {training.epochs}: {_held_out_line(judge.eval(), data, held_out)}")
    return judge


@torch.inference_mode()
def _held_out_line(judge: Judge, data: JudgedCandidates, held_out: NDArray[np.bool_]) -> str:
    if not held_out.any():
        return "no clips held out"
    logits = judge(torch.from_numpy(data.features[held_out].astype(np.float32)))
    truth = torch.from_numpy(data.is_event[held_out].astype(np.float32))
    loss = nn.functional.binary_cross_entropy_with_logits(logits, truth).item()
    right = ((logits > 0) == (truth > 0.5)).float().mean().item()
    return f"held-out loss {loss:.4f}, {100 * right:.1f} % right"
