"""Teaches the network that corrects the scores of the beat finder (`transcribe.rhythm.correction`).

The scores of `fitting` are computed first and stay as they are; the network learns what they lack, by the same measure:
of all explanations of a song those that are right shall be likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mp3tomidi.train.rhythm.fitting import Example, Model, log_sum, scores
from mp3tomidi.transcribe.rhythm.candidates import BAR_BEATS, PLACES
from mp3tomidi.transcribe.rhythm.correction import FARTHEST, FEATURE_COUNT, Correction, features
from mp3tomidi.transcribe.rhythm.evidence import KINDS
from mp3tomidi.transcribe.rhythm.metres import METRES

UNITS = 64
EPOCHS = 40
SONGS_AT_ONCE = 64
RATE, DECAY, DROPPED = 2e-3, 0.1, 0.4
LEAST_SCALE = 1e-3
# Columns of all metres and first beats, as `fitting.scores` has them.
_METRE = torch.repeat_interleave(torch.arange(len(METRES)), torch.tensor([metre.beats for metre in METRES]))
_IS_FIRST = torch.tensor([float(first == 0) for metre in METRES for first in range(metre.beats)])


class CorrectionNet(nn.Module):
    """The network while it is taught."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.hidden = nn.Linear(FEATURE_COUNT, UNITS)
        self.dropout = nn.Dropout(DROPPED)
        self.output = nn.Linear(UNITS, len(METRES))
        self.begins = nn.Parameter(torch.zeros(len(METRES)))
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, found: Tensor) -> Tensor:
        """What to add to the scores of candidates with these features [candidate, feature]."""
        near = ((found - self.mean) / self.scale).clamp(-FARTHEST, FARTHEST)
        of_metre = self.output(self.dropout(torch.relu(self.hidden(near))))
        added: Tensor = of_metre[:, _METRE] + self.begins[_METRE] * _IS_FIRST
        return added

    def weights(self) -> Correction:
        """As the beat finder uses them."""
        state: dict[str, Any] = {
            "mean": self.mean,
            "scale": self.scale,
            "hidden": self.hidden.weight.T,
            "hidden_bias": self.hidden.bias,
            "output": self.output.weight.T,
            "output_bias": self.output.bias,
            "begins": self.begins,
        }
        return Correction(
            **{field.name: state[field.name].detach().numpy().astype(np.float64) for field in fields(Correction)}
        )


def fit_correction(
    model: Model, examples: Sequence[Example], weights: Sequence[float], seed: int, epochs: int = EPOCHS
) -> Correction:
    """The network under which, on top of the model's scores, the right explanations of all examples are likeliest."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found = [_features(example) for example in examples]
        everything = torch.cat(found)
        net = CorrectionNet(everything.mean(dim=0), everything.std(dim=0) + LEAST_SCALE)
        with torch.no_grad():
            linear = [scores(model, example) for example in examples]
        right = [torch.from_numpy(np.concatenate(example.right, axis=1)) for example in examples]
        optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
        steps = epochs * max(1, len(examples) // SONGS_AT_ONCE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1)
        for _ in range(epochs):
            order = torch.randperm(len(examples), generator=generator).tolist()
            for start in range(0, max(1, len(order) // SONGS_AT_ONCE) * SONGS_AT_ONCE, SONGS_AT_ONCE):
                chosen = order[start : start + SONGS_AT_ONCE]
                song = torch.repeat_interleave(
                    torch.arange(len(chosen)), torch.tensor([len(found[index]) for index in chosen])
                )
                total = torch.cat([linear[index] for index in chosen]) + net(torch.cat([found[i] for i in chosen]))
                good = total.masked_fill(~torch.cat([right[index] for index in chosen]), -1e9)
                of_song = torch.tensor([weights[index] for index in chosen])
                missed = log_sum(total, song, len(chosen)) - log_sum(good, song, len(chosen))
                loss = (missed * of_song).sum() / of_song.sum()
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    return net.weights()


def _features(example: Example) -> Tensor:
    on_beats = {bar: example.on_beats[bar].reshape(-1, len(KINDS), bar) for bar in BAR_BEATS}
    between = example.between.reshape(-1, len(KINDS), len(PLACES) - 1)
    return torch.from_numpy(features(on_beats, between, example.extras).astype(np.float32))
