"""Trains a ClipSpectrogramNet by cross entropy on labelled clips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from mp3tomidi.train.datasets.one_shots import LabelledClips
from mp3tomidi.train.recipe import ClipTraining
from mp3tomidi.transcribe.networks.clip_spectrogram_net import ClipSpectrogramNet
from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings


def teach_classifier(
    clips: LabelledClips, settings: ClipSpectrogramNetSettings, training: ClipTraining, report: Callable[[str], None]
) -> ClipSpectrogramNet:
    """A network taught by cross entropy, its rate rising and falling to zero once; reports each epoch."""
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    net = ClipSpectrogramNet(settings)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps_an_epoch = -(-len(clips.label) // training.batch_clips)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, training.learning_rate, training.epochs * steps_an_epoch, pct_start=training.warm_up_share
    )
    loss_of = nn.CrossEntropyLoss(label_smoothing=training.label_smoothing)
    net.train()
    for epoch in range(training.epochs):
        losses, right = 0.0, 0
        for rows in np.array_split(rng.permutation(len(clips.label)), steps_an_epoch):
            label = torch.from_numpy(clips.label[rows])
            logits = net(torch.from_numpy(clips.spectrograms[rows].astype(np.float32)))
            loss = loss_of(logits, label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses += loss.item() / steps_an_epoch
            right += int((logits.argmax(dim=1) == label).sum())
        share = 100.0 * right / len(clips.label)
        report(f"epoch {epoch + 1} of {training.epochs}: loss {losses:.3f}, {share:.1f} % right while it learned")
    return net.eval()
