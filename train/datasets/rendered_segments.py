"""Segments rendered from banks, each labelled by the instruments that sound in it or by the effects laid over it.

Rendering a mix takes longer than learning from it, and effects take about as long, so mixes are made in rounds, and
each round is gone through several times, in a new order each time and now and then with new effects.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mp3tomidi.augment.mixer import Mixer
from mp3tomidi.augment.pipeline import Chain
from mp3tomidi.augment.sources.source import SAMPLE_RATE
from mp3tomidi.train.datasets.segment_targets import SegmentTargets


class RenderedSegments:
    """Batches of sound and targets; a batch's index and the seed decide what is in it.

    A segment is the end of a mixer's clip, all of it but the first `lead_s`, whose reverberation reaches into it. Each
    round has `round_batches` batches of new mixes and is used `uses` times, `uses_an_effect` of them with the same
    effects; `epoch_batches` only says after how many batches the network is measured.
    """

    def __init__(
        self,
        mixer: Mixer,
        chain: Chain,
        targets: SegmentTargets,
        *,
        seed: int,
        batch_segments: int,
        lead_s: float = 0.0,
        round_batches: int = 64,
        uses: int = 6,
        uses_an_effect: int = 1,
        epoch_batches: int = 64,
    ) -> None:
        self.mixer, self.chain, self.targets, self.lead_s = mixer, chain, targets, lead_s
        self.seed, self.batch_segments, self.round_batches, self.uses = seed, batch_segments, round_batches, uses
        self.uses_an_effect, self.epoch_batches = uses_an_effect, epoch_batches
        self._round, self._effects = -1, (-1, -1)
        self._dry = self._wet = np.zeros((0, 0), np.float16)
        self._dry_targets = self._wet_targets = np.zeros((0, 0), np.float32)

    def batch(self, index: int) -> tuple[Tensor, Tensor]:
        """Sound [segment, samples] at 16 kHz with effects, and targets [segment, class]."""
        number, place = divmod(index, self.round_batches * self.uses)
        if number != self._round:
            self._render(number)
        use, batch = divmod(place, self.round_batches)
        self._lay_effects(number, use // self.uses_an_effect)
        order = np.random.default_rng([self.seed, number, 1, use]).permutation(len(self._dry))
        rows = order[batch * self.batch_segments :][: self.batch_segments]
        return torch.from_numpy(self._wet[rows].astype(np.float32)), torch.from_numpy(self._wet_targets[rows])

    def _lay_effects(self, number: int, draw: int) -> None:
        """Lays this draw of effects over the mixes of the round, and sets the targets by it."""
        if self._effects == (number, draw):
            return
        lead_samples = round(self.lead_s * SAMPLE_RATE)
        self._wet = np.empty_like(self._dry[:, lead_samples:])
        self._wet_targets = np.empty_like(self._dry_targets)
        for first in range(0, len(self._dry), self.batch_segments):
            rows = slice(first, first + self.batch_segments)
            dry = torch.from_numpy(self._dry[rows].astype(np.float32))[:, None]
            drawn = self.chain.draw(np.random.default_rng([self.seed, number, 2, draw, first]), len(dry))
            self._wet[rows] = self.chain.sound(dry, drawn)[:, 0, lead_samples:].numpy()
            self._wet_targets[rows] = self.targets.with_effects(self._dry_targets[rows], drawn)
        self._effects = (number, draw)

    def _render(self, number: int) -> None:
        dry, targets = [], []
        for segment in range(self.round_batches * self.batch_segments):
            sound, labels = self.mixer.clip(np.random.default_rng([self.seed, number, 3, segment]))
            dry.append(sound.astype(np.float16))
            targets.append(self.targets.of_mix(labels, self.lead_s, self.mixer.settings.duration_s))
        self._dry, self._dry_targets, self._round = np.stack(dry), np.stack(targets), number
