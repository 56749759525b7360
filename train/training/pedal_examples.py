"""Rendered piano with its pedal known, as activations of NoteNet: what trains a PedalNet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.labels import INSTANT, Labels
from mp3tomidi.augment.mixing.pedalled_piano import PedalledPiano
from mp3tomidi.augment.music.pedalling import PEDAL
from mp3tomidi.train.recipe import PedalTraining
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork
from mp3tomidi.transcribe.notes.pedal_features import FRAMES_A_STEP, pedal_features

EDGE_HALF_WIDTH_S = 0.08  # an edge is a triangle that is this long to either side of its time
_DOWN, _UP = 1, 0
_CLIP_SEED, _CHAIN_SEED = 1, 2


@dataclass(frozen=True)
class PedalExamples:
    """Features [clip, feature, steps] and targets [clip, output, steps], as float16."""

    features: NDArray[np.float16]
    targets: NDArray[np.float16]


def pedalled_clips(
    piano: PedalledPiano, chain: Chain, training: PedalTraining
) -> Iterator[tuple[Samples, NDArray[np.void]]]:
    """Sound [samples] and presses (dtype PEDAL) of a piano with effects; number i of a seed is always the same."""
    for clip in range(training.clips):
        dry, pedal = piano.clip(np.random.default_rng([training.seed, _CLIP_SEED, clip]), training.clip_s)
        drawn = chain.draw(np.random.default_rng([training.seed, _CHAIN_SEED, clip]), 1)
        sound = chain.sound(torch.from_numpy(dry)[None, None], drawn)[0, 0].numpy()
        yield sound, _as_presses(chain.labels(Labels(instants=_as_instants(pedal)), drawn).instants)


def _as_instants(pedal: NDArray[np.void]) -> NDArray[np.void]:
    rows = [(0, press["down_s"], _DOWN) for press in pedal] + [(0, press["up_s"], _UP) for press in pedal]
    return np.sort(np.array(rows, INSTANT), order="time_s")


def _as_presses(instants: NDArray[np.void]) -> NDArray[np.void]:
    downs, ups = (np.sort(instants["time_s"][instants["number"] == edge]) for edge in (_DOWN, _UP))
    presses = np.zeros(len(downs), PEDAL)
    presses["down_s"], presses["up_s"] = downs, ups
    return presses


def pedal_targets(pedal: NDArray[np.void], step_count: int, step_s: float) -> NDArray[np.float32]:
    """[state, down, up; steps]: 1 while the pedal is down; how near an edge is, 1 at its time."""
    times_s = (np.arange(step_count) + 0.5) * step_s - 0.5 * step_s / FRAMES_A_STEP
    targets = np.zeros((3, step_count), np.float32)
    for press in pedal:
        targets[0] = np.maximum(targets[0], (times_s >= press["down_s"]) & (times_s < press["up_s"]))
        for row, edge in enumerate(("down_s", "up_s"), start=1):
            targets[row] = np.maximum(targets[row], 1.0 - np.abs(times_s - press[edge]) / EDGE_HALF_WIDTH_S)
    return targets


def pedal_examples(
    network: FrameNetwork,
    clips: Iterator[tuple[Samples, NDArray[np.void]]],
    progress: Callable[[int], None] = lambda _: None,
) -> PedalExamples:
    """What clips of one length teach."""
    features, targets = [], []
    for sound, pedal in clips:
        activations, _ = network.activations(sound)
        of_clip = pedal_features(activations)
        targets.append(pedal_targets(pedal, of_clip.shape[1], FRAMES_A_STEP * activations.hop_s).astype(np.float16))
        features.append(of_clip.astype(np.float16))
        progress(len(features))
    return PedalExamples(np.stack(features), np.stack(targets))
