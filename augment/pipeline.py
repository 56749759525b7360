"""Chains of effects with probabilities. What was drawn is recorded, can be written down, and replays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effect_shares import EffectShares
from mp3tomidi.augment.effects.automatic_gain import AutomaticGain
from mp3tomidi.augment.effects.base import Effect, Params
from mp3tomidi.augment.effects.chorus import Chorus
from mp3tomidi.augment.effects.codec import Codec
from mp3tomidi.augment.effects.compression import Compression
from mp3tomidi.augment.effects.detune import Detune
from mp3tomidi.augment.effects.distortion import Distortion
from mp3tomidi.augment.effects.equaliser import Equaliser
from mp3tomidi.augment.effects.filter import Filter
from mp3tomidi.augment.effects.gain import Gain
from mp3tomidi.augment.effects.noise import Noise
from mp3tomidi.augment.effects.phone import Phone
from mp3tomidi.augment.effects.reverb import Reverb
from mp3tomidi.augment.effects.street import Street
from mp3tomidi.augment.labels import Labels


@dataclass(frozen=True)
class Drawn:
    """What a chain drew for n clips."""

    order: NDArray[np.int64]  # [steps], the steps in the order in which they are applied
    applied: NDArray[np.bool_]  # [steps, n], which clips a step changes
    params: tuple[Params | Drawn, ...]  # one a step, for the clips that it changes

    def clips(self, step: int) -> NDArray[np.int64]:
        return np.flatnonzero(self.applied[step])

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "Drawn",
            "order": self.order.tolist(),
            "clips": int(self.applied.shape[1]),
            "applied": [self.clips(step).tolist() for step in range(len(self.order))],
            "params": [params.to_dict() for params in self.params],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        applied = np.zeros((len(values["order"]), values["clips"]), np.bool_)
        for step, clips in enumerate(values["applied"]):
            applied[step, clips] = True
        params = tuple(_params_from_dict(step) for step in values["params"])
        return cls(np.array(values["order"], np.int64), applied, params)

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls.from_dict(json.loads(text))


def _params_from_dict(values: dict[str, Any]) -> Params | Drawn:
    kind: type[Params | Drawn] = Drawn if values["kind"] == "Drawn" else Params.kinds[values["kind"]]
    return kind.from_dict(values)


class Chain:
    """Steps (effect, probability): each changes a random subset of the clips, in a random order if `shuffle`.

    A chain is an effect itself, so a chain within a chain gives some steps a fixed place.
    """

    def __init__(self, steps: Sequence[tuple[Effect[Any], float]], *, shuffle: bool) -> None:
        self.steps = tuple(steps)
        self.shuffle = shuffle

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        order = rng.permutation(len(self.steps)) if self.shuffle else np.arange(len(self.steps))
        applied = self._draw_applied(rng, n)
        params = tuple(
            effect.draw(rng, int(clips.sum())) for (effect, _), clips in zip(self.steps, applied, strict=True)
        )
        return Drawn(order.astype(np.int64), applied, params)

    def _draw_applied(self, rng: np.random.Generator, n: int) -> NDArray[np.bool_]:
        return rng.random((len(self.steps), n)) < np.array([p for _, p in self.steps]).reshape(-1, 1)

    def sound(self, x: Tensor, drawn: Drawn) -> Tensor:
        """x [batch, channel, time] with what was drawn for its clips; x itself stays as it is."""
        y = x.clone()
        for step in drawn.order:
            clips = drawn.clips(step)
            if len(clips):
                where = torch.as_tensor(clips, device=x.device)
                y[where] = self.steps[step][0].sound(y[where], drawn.params[step])
        return y

    def labels(self, labels: Labels, drawn: Drawn) -> Labels:
        for step in drawn.order:
            clips = drawn.clips(step)
            if len(clips):
                labels = self._step_labels(labels, int(step), clips, drawn.params[step])
        return labels

    def _step_labels(self, labels: Labels, step: int, clips: NDArray[np.int64], params: Params | Drawn) -> Labels:
        """The step's own numbering counts only the clips that it changes."""
        notes, drum_hits = labels.notes.copy(), labels.drum_hits.copy()
        changed_notes, changed_hits = np.isin(notes["clip"], clips), np.isin(drum_hits["clip"], clips)
        inner = Labels(notes[changed_notes], drum_hits[changed_hits])
        for table in (inner.notes, inner.drum_hits):
            table["clip"] = np.searchsorted(clips, table["clip"])
        inner = self.steps[step][0].labels(inner, params)
        for table in (inner.notes, inner.drum_hits):
            table["clip"] = clips[table["clip"]]
        notes[changed_notes], drum_hits[changed_hits] = inner.notes, inner.drum_hits
        return Labels(notes, drum_hits)


class OneOf(Chain):
    """Alternatives (effect, probability), of which a clip gets one or, where they do not add up to one, none."""

    def __init__(self, steps: Sequence[tuple[Effect[Any], float]]) -> None:
        super().__init__(steps, shuffle=False)

    def _draw_applied(self, rng: np.random.Generator, n: int) -> NDArray[np.bool_]:
        ends = np.cumsum([p for _, p in self.steps])
        chosen = np.searchsorted(ends, rng.random(n), side="right")
        return np.asarray(chosen == np.arange(len(self.steps))[:, None], np.bool_)


def default_chain(sample_rate: int, shares: EffectShares) -> Chain:
    """What training uses, each step in its share of the clips.

    First the instrument's tuning, then what happens in rooms and studios in any order, then what else is heard
    there, the recorder's noise, band and automatic gain, the file's codec and its level.
    """
    rooms: list[tuple[Effect[Any], float]] = [(Reverb(sample_rate), shares.reverb)]
    if shares.room:
        from mp3tomidi.augment.effects.room import Room  # needs pyroomacoustics, which transcription does not

        rooms.append((Room(sample_rate), shares.room))
    studio = Chain(
        [
            (Equaliser(sample_rate), shares.equaliser),
            (Filter(sample_rate), shares.filter),
            (Distortion(), shares.distortion),
            (Compression(sample_rate), shares.compression),
            (Chorus(sample_rate), shares.chorus),
            (OneOf(rooms), 1.0),
        ],
        shuffle=True,
    )
    return Chain(
        [
            (Detune(), shares.detune),
            (studio, 1.0),
            (Street(sample_rate), shares.street),
            (Noise(sample_rate), shares.noise),
            (Phone(sample_rate), shares.phone),
            (AutomaticGain(sample_rate), shares.agc),
            (Codec(sample_rate), shares.codec),
            (Gain(), 1.0),
        ],
        shuffle=False,
    )
