"""Segments rendered from banks, each labelled by the instruments that sound in it or by the effects laid over it.

Rendering a mix takes longer than learning from it, and effects take about as long, so mixes are made in rounds, and
each round is gone through several times, in a new order each time and now and then with new effects. Rounds can be kept
in a folder, for several networks to learn from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.labels import Labels
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.train.datasets.segment_targets import SegmentTargets
from mp3tomidi.transcribe.outputs.files import written_beside


class Clips(Protocol):
    """What draws sound [samples] and its labels: a Mixer, or a SoloMixer."""

    @property
    def settings(self) -> MixSettings: ...

    @property
    def sample_rate(self) -> int: ...

    def clip(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], Labels]: ...


class RenderedSegments:
    """Batches of sound and targets; a batch's index and the seed decide what is in it.

    A segment is the end of a mixer's clip, all of it but the first `lead_s`, whose reverberation reaches into it. Each
    round has `round_batches` batches of new mixes and is used `uses` times; after `rounds` rounds the first comes again
    (0: never). `uses_an_effect` of all uses of a round have the same effects. `epoch_batches` only says after how many
    batches the network is measured. `cache`: the folder that keeps rounds with their effects, for sources with the same
    seed and settings.
    """

    def __init__(
        self,
        mixer: Clips,
        chain: Chain,
        targets: SegmentTargets,
        *,
        seed: int,
        batch_segments: int,
        lead_s: float = 0.0,
        round_batches: int = 64,
        rounds: int = 0,
        uses: int = 6,
        uses_an_effect: int = 1,
        epoch_batches: int = 64,
        cache: Path | None = None,
    ) -> None:
        self.mixer, self.chain, self.targets, self.lead_s = mixer, chain, targets, lead_s
        self.seed, self.batch_segments, self.round_batches, self.uses = seed, batch_segments, round_batches, uses
        self.rounds, self.uses_an_effect, self.epoch_batches, self.cache = rounds, uses_an_effect, epoch_batches, cache
        self._round, self._effects = -1, (-1, -1)
        self._dry = self._wet = np.zeros((0, 0), np.float16)
        self._dry_targets = self._wet_targets = np.zeros((0, 0), np.float32)

    def batch(self, index: int) -> tuple[Tensor, Tensor]:
        """Sound [segment, samples] at the mixer's rate with effects, and targets [segment, class]."""
        number, place = divmod(index, self.round_batches * self.uses)
        again, number = divmod(number, self.rounds) if self.rounds else (0, number)
        use, batch = divmod(place, self.round_batches)
        use += again * self.uses
        self.prepare(number, use // self.uses_an_effect)
        order = np.random.default_rng([self.seed, number, 1, use]).permutation(len(self._wet))
        rows = order[batch * self.batch_segments :][: self.batch_segments]
        return torch.from_numpy(self._wet[rows].astype(np.float32)), torch.from_numpy(self._wet_targets[rows])

    def prepare(self, number: int, draw: int) -> None:
        """Makes a round with a draw of its effects what is drawn from; takes it from the cache if that has it."""
        if self._effects == (number, draw):
            return
        kept = self.cache / f"seed{self.seed}-round{number}-effects{draw}.npz" if self.cache else None
        if kept is None or not self._read(kept):
            if number != self._round:
                self._render(number)
            self._lay_effects(number, draw)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                with written_beside(kept) as beside, beside.open("wb") as file:
                    np.savez(file, sound=self._wet, targets=self._wet_targets)
        self._effects = (number, draw)

    def _read(self, kept: Path) -> bool:
        """Whether a kept round could be read; one that is damaged or of another size is made anew."""
        try:
            with np.load(kept) as file:
                sound, targets = file["sound"], file["targets"]
        except (OSError, ValueError, KeyError, BadZipFile):
            return False
        if len(sound) != self.round_batches * self.batch_segments or len(targets) != len(sound):
            return False
        self._wet, self._wet_targets = sound, targets
        return True

    def _lay_effects(self, number: int, draw: int) -> None:
        """Lays this draw of effects over the mixes of the round, and sets the targets by it."""
        lead_samples = round(self.lead_s * self.mixer.sample_rate)
        self._wet = np.empty_like(self._dry[:, lead_samples:])
        self._wet_targets = np.empty_like(self._dry_targets)
        for first in range(0, len(self._dry), self.batch_segments):
            rows = slice(first, first + self.batch_segments)
            dry = torch.from_numpy(self._dry[rows].astype(np.float32))[:, None]
            drawn = self.chain.draw(np.random.default_rng([self.seed, number, 2, draw, first]), len(dry))
            self._wet[rows] = self.chain.sound(dry, drawn)[:, 0, lead_samples:].numpy()
            self._wet_targets[rows] = self.targets.with_effects(self._dry_targets[rows], drawn)

    def _render(self, number: int) -> None:
        dry, targets = [], []
        for segment in range(self.round_batches * self.batch_segments):
            sound, labels = self.mixer.clip(np.random.default_rng([self.seed, number, 3, segment]))
            dry.append(sound.astype(np.float16))
            targets.append(self.targets.of_mix(labels, self.lead_s, self.mixer.settings.duration_s))
        self._dry, self._dry_targets, self._round = np.stack(dry), np.stack(targets), number
