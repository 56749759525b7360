"""Compares networks for drum samples on equal budget: ClipSpectrogramNet, which ships, and a small SampleCNN.

    python tests/benchmarks/one_shot_networks.py BANKS [--clips 8000] [--epochs 8] [--seed 1]

Both see the same rendered strokes, equally often and in batches of the same size, and are measured on the kits that are
kept back. Prints for each the share that is right of 13 classes and of the usual five, and the seconds that it took.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mp3tomidi.augment.banks import Bank
from mp3tomidi.augment.one_shots import OneShotPool, Stroke, find_strokes
from mp3tomidi.augment.pipeline import default_chain
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.classify.recipe import load_classifier_recipe
from mp3tomidi.train.evaluation.one_shot_scores import measure_one_shots
from mp3tomidi.train.recipe import ClipRecipe
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES
from mp3tomidi.transcribe.front_end.clips import ClipFrontEnd
from mp3tomidi.transcribe.networks.clip_spectrogram_net import ClipSpectrogramNet
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier, levelled

_TOGETHER = 64
_RECIPE = Path(recipes.__file__).parent / "recipes" / "one_shots.toml"


class Sorts:
    """A network in the place of a OneShotSorter: it sorts sounds by what `see` makes of them."""

    def __init__(self, net: nn.Module, see) -> None:  # type: ignore[no-untyped-def]
        self.net, self.see = net.eval(), see

    @torch.no_grad()
    def recognise_sounds(self, sounds: Sequence[NDArray[np.float32]]) -> list[SimpleNamespace]:
        heard: list[SimpleNamespace] = []
        for first in range(0, len(sounds), _TOGETHER):
            spectrograms = torch.from_numpy(np.stack([self.see(sound) for sound in sounds[first : first + _TOGETHER]]))
            for row in self.net(spectrograms.float()).softmax(dim=1).numpy():
                heard.append(SimpleNamespace(drum=ONE_SHOT_CLASSES[row.argmax()], confidence=float(row.max())))
        return heard


def teach(net: nn.Module, spectrograms: NDArray[np.float16], label: NDArray[np.int64], epochs: int, seed: int) -> None:
    training = recipes.load_as(ClipRecipe, _RECIPE).training
    rng = np.random.default_rng(seed)
    steps = -(-len(label) // training.batch_clips)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, training.learning_rate, epochs * steps, pct_start=training.warm_up_share
    )
    loss_of = nn.CrossEntropyLoss(label_smoothing=training.label_smoothing)
    net.train()
    for epoch in range(epochs):
        losses = 0.0
        for rows in np.array_split(rng.permutation(len(label)), steps):
            loss = loss_of(net(torch.from_numpy(spectrograms[rows].astype(np.float32))), torch.from_numpy(label[rows]))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses += loss.item() / steps
        print(f"  epoch {epoch + 1}: loss {losses:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("banks", type=Path)
    parser.add_argument("--clips", type=int, default=8000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    recipe, of_waves = recipes.load_as(ClipRecipe, _RECIPE), load_classifier_recipe("one_shots")
    banks = [(choice.weight, Bank.open(options.banks / choice.name)) for choice in recipe.data.banks]
    kept_back: list[Stroke] = find_strokes(banks, held_out=True)
    sounds, label = _clips(
        OneShotPool(find_strokes(banks)), recipe.data.effects, of_waves.task.segment_samples, options
    )
    settings = replace(recipe.network, classes=tuple(drum.name for drum in ONE_SHOT_CLASSES))
    front_end = ClipFrontEnd(settings)

    def filled(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        whole = np.zeros(of_waves.task.segment_samples, np.float32)
        whole[: len(sound)] = sound[: len(whole)]
        return whole

    def wave(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        return levelled(torch.from_numpy(filled(sound))[None])[0].numpy()

    for name in ("ClipSpectrogramNet", "SampleCNN"):
        torch.manual_seed(options.seed)
        if name == "SampleCNN":
            net, see = SegmentClassifier(of_waves.network.for_classes(len(ONE_SHOT_CLASSES))), wave
        else:
            net, see = ClipSpectrogramNet(settings), front_end
        started_s = time.monotonic()
        spectrograms = np.stack([np.asarray(see(sound.astype(np.float32)), np.float16) for sound in sounds])
        teach(net, spectrograms, label, options.epochs, options.seed)
        took_s = time.monotonic() - started_s
        scores = measure_one_shots(Sorts(net, see), kept_back)
        size = sum(parameter.numel() for parameter in net.parameters())
        print(
            f"{name}: {size} parameters, right of 13 {scores.right:.4f}, of 5 {scores.right_of_five:.4f}, "
            f"{took_s:.0f} s",
            flush=True,
        )


def _clips(pool, effects, samples: int, options: argparse.Namespace):  # type: ignore[no-untyped-def]
    """Strokes as they teach, [clip, samples] as float16, and the class of each [clip]."""
    rng = np.random.default_rng(options.seed)
    chain = default_chain(SAMPLE_RATE, effects)
    sounds = np.zeros((options.clips, samples), np.float16)
    label = np.zeros(options.clips, np.int64)
    for first in range(0, options.clips, _TOGETHER):
        count = min(_TOGETHER, options.clips - first)
        dry = np.zeros((count, 1, samples), np.float32)
        for index in range(count):
            sound, label[first + index] = pool.draw(rng)
            dry[index, 0, : min(len(sound), samples)] = sound[:samples]
        sounds[first : first + count] = chain.sound(torch.from_numpy(dry), chain.draw(rng, count))[:, 0].numpy()
    return sounds, label


if __name__ == "__main__":
    main()
