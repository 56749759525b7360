"""What the effects are worth to the classifier of drum samples: taught with and without them, on kits held out.

    python tests/benchmarks/worth_of_effects.py BANKS [--clips 4000] [--epochs 5] [--seeds 1 2 3]

The network and the recipe are those of `mp3tomidi-train one-shots`; both ways get as many clips and steps, of the same
strokes, which are tuned, damped and cut off in both. Without, the chain's shares are 0. Measured is the share of 13
classes that is right, on strokes of kits held out: as they are, and after recipes that `mp3tomidi-augment apply` has
and that neither network was taught with.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from mp3tomidi.augment import Compose
from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.drums.one_shots import OneShotPool, Stroke, find_strokes
from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.effects.chains.training import training_chain
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.datasets.one_shots import rendered_one_shots
from mp3tomidi.train.training.one_shot_training import teach_classifier
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES
from mp3tomidi.transcribe.front_end.clips import ClipFrontEnd
from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings

RECIPE = Path(recipes.__file__).parent / "recipes" / "one_shots.toml"
MEASURED = ("as they are", "studio", "live_room", "phone", "cassette", "club")
TOGETHER = 64


def heard(strokes: list[Stroke], name: str, settings: ClipSpectrogramNetSettings) -> torch.Tensor:
    """[stroke, view, frame, bin] of what the front end makes of the strokes after a recipe."""
    front_end = ClipFrontEnd(settings)
    length = settings.clip_samples + settings.front_end.sample_rate // 10
    augment = None if name == MEASURED[0] else Compose(name)
    views = []
    for first in range(0, len(strokes), TOGETHER):
        chosen = strokes[first : first + TOGETHER]
        dry = np.zeros((len(chosen), 1, length), np.float32)
        for row, stroke in zip(dry, chosen, strict=True):
            sound = stroke.sound[:length].astype(np.float32)
            row[0, : len(sound)] = sound
        wet = dry if augment is None else augment(dry, SAMPLE_RATE, seed=(9, first))
        views += [front_end(sound) for sound in wet[:, 0]]
    return torch.from_numpy(np.stack(views).astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description="What effects are worth to the classifier of drum samples.")
    parser.add_argument("banks", type=Path)
    parser.add_argument("--clips", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = recipes.load_for_clips(RECIPE)
    settings = replace(recipe.network, classes=tuple(drum.name for drum in ONE_SHOT_CLASSES))
    banks = [(choice.weight, Bank.open(options.banks / choice.name)) for choice in recipe.data.banks]
    held_out = find_strokes(banks, held_out=True)
    labels = torch.tensor([stroke.label for stroke in held_out])
    sounds = {name: heard(held_out, name, settings) for name in MEASURED}
    pool = OneShotPool(find_strokes(banks))
    chains = {"with": training_chain(SAMPLE_RATE, recipe.data.effects), "without": Chain([], shuffle=False)}
    right: dict[str, list[list[float]]] = {way: [] for way in chains}
    print(f"{len(held_out)} strokes of kits held out; per cent right of {len(ONE_SHOT_CLASSES)}: {', '.join(MEASURED)}")
    for seed in options.seeds:
        training = replace(recipe.training, seed=seed, clips=options.clips, epochs=options.epochs)
        for way, chain in chains.items():
            start_s = time.process_time()
            clips = rendered_one_shots(pool, chain, settings, clips=training.clips, seed=seed)
            net = teach_classifier(clips, settings, training, lambda _: None)
            with torch.no_grad():
                answers = {name: torch.cat([net(part) for part in x.split(256)]) for name, x in sounds.items()}
            shares = [100.0 * float((answers[name].argmax(dim=1) == labels).float().mean()) for name in MEASURED]
            right[way].append(shares)
            took_s = time.process_time() - start_s
            print(f"seed {seed} {way:8s}{' '.join(f'{share:5.1f}' for share in shares)}  ({took_s:.0f} s)", flush=True)
    gains = np.array(right["with"]) - np.array(right["without"])
    for way, shares_of_seeds in right.items():
        print(f"mean   {way:8s}{' '.join(f'{share:5.1f}' for share in np.mean(shares_of_seeds, axis=0))}")
    print(f"gain           {' '.join(f'{gain:+5.1f}' for gain in gains.mean(axis=0))}")
    spans = [f"{low:+.1f}..{high:+.1f}" for low, high in zip(gains.min(axis=0), gains.max(axis=0), strict=True)]
    print(f"  of the seeds {' '.join(spans)}")


if __name__ == "__main__":
    main()
