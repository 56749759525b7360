"""Teaches AttentionPooling on the embeddings that a taught network gives of whole recordings."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.train.classify.recipe import ClassifierRecipe
from mp3tomidi.train.classify.trainer import loss_for
from mp3tomidi.transcribe.classify.merging import FACT_COUNT, segment_facts
from mp3tomidi.transcribe.classify.segments import cut, silent_segments
from mp3tomidi.transcribe.networks.attention_pooling import AttentionPooling, AttentionPoolingSettings
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier

EPOCHS, PATIENCE_EPOCHS, BATCH_RECORDINGS, LEARNING_RATE, WEIGHT_DECAY = 200, 25, 16, 1e-3, 0.01
_TOGETHER = 16  # segments that are embedded at once


@dataclass(frozen=True)
class EmbeddedRecordings:
    """Filled up to the longest recording: embeddings [recording, segment, size], facts [recording, segment, count],
    which segments are there [recording, segment], and targets [recording, class]."""

    embeddings: Tensor
    facts: Tensor
    there: Tensor
    target: Tensor


@torch.no_grad()
def embed_recordings(
    net: SegmentClassifier,
    sounds: Sequence[NDArray[np.float16]],
    target: NDArray[np.float32],
    segment_samples: int,
    hop_samples: int,
) -> EmbeddedRecordings:
    """What a network, ready for use, gives of the segments of recordings [samples]."""
    embeddings, facts = [], []
    for sound in sounds:
        segments = list(cut([sound.astype(np.float32)], segment_samples, hop_samples))
        levels = [segment.level_db for segment in segments]
        stacked = torch.from_numpy(np.stack([segment.sound for segment in segments]))
        embeddings.append(torch.cat([net.embed(part) for part in torch.split(stacked, _TOGETHER)]))
        facts.append(torch.from_numpy(segment_facts(np.array(levels), silent_segments(levels))))
    pad = torch.nn.utils.rnn.pad_sequence
    there = pad([torch.ones(len(rows)) for rows in facts], batch_first=True)
    return EmbeddedRecordings(
        pad(embeddings, batch_first=True), pad(facts, batch_first=True), there, torch.from_numpy(target)
    )


def teach_pooling(
    train: EmbeddedRecordings, valid: EmbeddedRecordings, recipe: ClassifierRecipe, report: Callable[[str], None]
) -> AttentionPooling:
    """The pooling with the lowest loss on `valid`, ready for use."""
    torch.manual_seed(recipe.training.seed)
    settings = AttentionPoolingSettings(train.embeddings.shape[2], FACT_COUNT, train.target.shape[1])
    net = AttentionPooling(settings)
    optimizer = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    loss_of = loss_for(recipe, train.target.mean(dim=0))
    rng = np.random.default_rng(recipe.training.seed)
    best, best_loss, best_epoch = copy.deepcopy(net.state_dict()), float("inf"), 0
    for epoch in range(EPOCHS):
        net.train()
        order = torch.from_numpy(rng.permutation(len(train.target)))
        for rows in torch.split(order, BATCH_RECORDINGS):
            logits = net(train.embeddings[rows], train.facts[rows], train.there[rows])
            loss = loss_of(logits, train.target[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        net.eval()
        with torch.no_grad():
            valid_loss = loss_of(net(valid.embeddings, valid.facts, valid.there), valid.target).item()
        if valid_loss < best_loss:
            best, best_loss, best_epoch = copy.deepcopy(net.state_dict()), valid_loss, epoch
        if epoch - best_epoch >= PATIENCE_EPOCHS:
            break
    report(f"attention pooling: loss {best_loss:.4f} on the valid part after {best_epoch + 1} epochs")
    net.load_state_dict(best)
    return net.eval()
