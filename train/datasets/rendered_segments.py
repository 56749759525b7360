"""Segments rendered from banks, each labelled by the instrument families that sound in it.

Rendering a mix takes longer than learning from it, and effects take about as long, so mixes are made in rounds, and
each round is gone through several times, in a new order each time and now and then with new effects.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.mixer import Mixer
from mp3tomidi.augment.pipeline import Chain
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.transcribe.instruments import FAMILIES, PROGRAMS

FAMILY_OF_CLASS = {"singing": "voice"}  # where a task calls a family by another name
SHORTEST_SOUNDING_S = 0.25  # a family that sounds for less of a segment cannot be asked for


class RenderedSegments:
    """Batches of sound and targets; a batch's index and the seed decide what is in it.

    `classes` are of instruments.FAMILIES or of FAMILY_OF_CLASS; RecipeError says which is not. A mixer's clip is a
    segment. Each round has `round_batches` batches of new mixes and is used `uses` times, `uses_an_effect` of them with
    the same effects; `epoch_batches` only says after how many batches the network is measured.
    """

    def __init__(
        self,
        mixer: Mixer,
        chain: Chain,
        classes: Sequence[str],
        *,
        seed: int,
        batch_segments: int,
        round_batches: int = 64,
        uses: int = 6,
        uses_an_effect: int = 1,
        epoch_batches: int = 64,
    ) -> None:
        self.mixer, self.chain = mixer, chain
        self.families = tuple(FAMILY_OF_CLASS.get(name, name) for name in classes)
        unknown = [name for name, family in zip(classes, self.families, strict=True) if family not in FAMILIES]
        if unknown:
            raise RecipeError(f"{unknown[0]}: no instrument family, which is all that can be rendered; give --data")
        self.seed, self.batch_segments, self.round_batches, self.uses = seed, batch_segments, round_batches, uses
        self.uses_an_effect, self.epoch_batches = uses_an_effect, epoch_batches
        self._round, self._effects = -1, (-1, -1)
        self._dry = self._wet = np.zeros((0, 0), np.float16)
        self._target = np.zeros((0, 0), np.float32)

    def batch(self, index: int) -> tuple[Tensor, Tensor]:
        """Sound [segment, samples] at 16 kHz with effects, and targets [segment, class], 1 where a family sounds."""
        number, place = divmod(index, self.round_batches * self.uses)
        if number != self._round:
            self._render(number)
        use, batch = divmod(place, self.round_batches)
        self._lay_effects(number, use // self.uses_an_effect)
        order = np.random.default_rng([self.seed, number, 1, use]).permutation(len(self._dry))
        rows = order[batch * self.batch_segments :][: self.batch_segments]
        return torch.from_numpy(self._wet[rows].astype(np.float32)), torch.from_numpy(self._target[rows])

    def _lay_effects(self, number: int, draw: int) -> None:
        """Brings the round's mixes to how they sound with the effects of this draw."""
        if self._effects == (number, draw):
            return
        self._wet = np.empty_like(self._dry)
        for first in range(0, len(self._dry), self.batch_segments):
            dry = torch.from_numpy(self._dry[first : first + self.batch_segments].astype(np.float32))[:, None]
            drawn = self.chain.draw(np.random.default_rng([self.seed, number, 2, draw, first]), len(dry))
            self._wet[first : first + len(dry)] = self.chain.sound(dry, drawn)[:, 0].numpy()
        self._effects = (number, draw)

    def _render(self, number: int) -> None:
        dry, target = [], []
        for segment in range(self.round_batches * self.batch_segments):
            sound, labels = self.mixer.clip(np.random.default_rng([self.seed, number, 3, segment]))
            dry.append(sound.astype(np.float16))
            target.append(sounding_families(labels.notes, self.families, self.mixer.settings.duration_s))
        self._dry, self._target, self._round = np.stack(dry), np.stack(target), number


def sounding_families(notes: NDArray[np.void], families: Sequence[str], duration_s: float) -> NDArray[np.float32]:
    """[family], 1 where a family's notes sound for `SHORTEST_SOUNDING_S` or longer of 0 to duration_s, added up."""
    sounding_s = dict.fromkeys(families, 0.0)
    for note in notes:
        program = PROGRAMS.get(int(note["program"]))
        if program is not None and program.family in sounding_s:
            sounding_s[program.family] += max(0.0, min(note["offset_s"], duration_s) - max(note["onset_s"], 0.0))
    return (np.array(list(sounding_s.values())) >= SHORTEST_SOUNDING_S).astype(np.float32)
