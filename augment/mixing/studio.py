"""Studio effects: a strip for each stem, one room, and compression and limiting of the mix.

Works on numpy sound [samples] of one clip, with the effects that the chains of whole mixes are made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from mp3tomidi.augment.effects.base import Effect
from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.effects.chorus import Chorus
from mp3tomidi.augment.effects.compression import Compression
from mp3tomidi.augment.effects.distortion import Distortion
from mp3tomidi.augment.effects.echo import Echo
from mp3tomidi.augment.effects.limiter import Limiter
from mp3tomidi.augment.effects.reverb import Reverb
from mp3tomidi.augment.effects.signal.convolution import convolve
from mp3tomidi.augment.sources.source import DRUMS
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.instruments import FAMILIES

# How often each effect is put on a stem of a family, in the order of a channel strip.
_COMPRESSED = {"voice": 0.85, DRUMS: 0.6, "bass": 0.6, "guitar": 0.3, "keys": 0.15, "piano": 0.2, "winds": 0.15}
_DISTORTED = {"guitar": 0.3, "bass": 0.08, "synth": 0.08, "keys": 0.06, DRUMS: 0.05, "voice": 0.03}
_DISTORTED_IN_ROCK = {**_DISTORTED, "guitar": 0.85, "bass": 0.3, "synth": 0.2}
_CHORUSED = {"guitar": 0.2, "keys": 0.2, "synth": 0.2, "strings": 0.05, "bass": 0.05, "voice": 0.2}
_ECHOED = {"voice": 0.35, "guitar": 0.2, "synth": 0.2, "keys": 0.08, "winds": 0.08}
# Direct over reverberant sound where a stem is sent to the mix's room; the drums' kick and the bass stay dry.
_ROOM_DB = {"voice": (2.0, 18.0), DRUMS: (8.0, 24.0), "bass": (18.0, 36.0)}
_OTHER_ROOM_DB = (4.0, 24.0)
_PAST_S = 0.125  # of a sound, turned round and put before it while effects settle
_ROOM_SHARE = 0.7  # of the mixes: the others stay dry


class Studio:
    """Channel strips, one room that stems are sent to, and the bus, for sound of `sample_rate` Hz."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._past_samples = round(_PAST_S * sample_rate)
        self._strips = {False: _strips(sample_rate, _DISTORTED), True: _strips(sample_rate, _DISTORTED_IN_ROCK)}
        self._reverb = Reverb(sample_rate)
        self._bus = Chain([(Compression(sample_rate), 0.5), (Limiter(sample_rate), 0.9)], shuffle=False)

    def strip(self, stem: Samples, family: str, rng: np.random.Generator, *, rock: bool = False) -> Samples:
        """The stem after what its family is usually given, in a rock band if `rock`; its onsets stay where they are."""
        return self._through(self._strips[rock][family], stem, rng)

    def room(self, stems: Sequence[tuple[str, Samples]], rng: np.random.Generator) -> Samples:
        """What one room answers to stems (family, sound at its level in the mix), each sent to it as usual."""
        sent = np.zeros_like(stems[0][1])
        if rng.random() >= _ROOM_SHARE:
            return sent
        for family, stem in stems:
            sent += stem * 10.0 ** (-rng.uniform(*_ROOM_DB.get(family, _OTHER_ROOM_DB)) / 20.0)
        params = replace(self._reverb.draw(rng, 1), direct_to_reverberant_db=np.zeros(1))
        response = self._reverb.impulse_responses(params, torch.device("cpu"))
        response[:, 0] -= 1.0  # the direct sound is in the mix already
        answer: Samples = convolve(torch.from_numpy(sent)[None, None], response)[0, 0].numpy()
        return answer

    def bus(self, mix: Samples, rng: np.random.Generator) -> Samples:
        """The mix pressed together and made loud, its peak at most what it was."""
        return self._through(self._bus, mix, rng)

    def _through(self, chain: Chain, sound: Samples, rng: np.random.Generator) -> Samples:
        drawn = chain.draw(rng, 1)
        if not drawn.applied.any():
            return sound
        # A clip begins within its music, and a compressor without a signal before would let its start through.
        past = sound[self._past_samples : 0 : -1]
        changed: Samples = chain.sound(torch.from_numpy(np.concatenate([past, sound]))[None, None], drawn)[0, 0].numpy()
        return changed[len(past) :]


def _strips(sample_rate: int, distorted: dict[str, float]) -> dict[str, Chain]:
    """A channel strip for each family."""
    strip: list[tuple[Effect[Any], dict[str, float]]] = [
        (Distortion(), distorted),
        (Compression(sample_rate), _COMPRESSED),
        (Chorus(sample_rate), _CHORUSED),
        (Echo(sample_rate), _ECHOED),
    ]
    return {
        family: Chain([(effect, shares[family]) for effect, shares in strip if family in shares], shuffle=False)
        for family in (*FAMILIES, DRUMS)
    }
