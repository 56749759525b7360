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

from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.base import Effect, Params
from mp3tomidi.augment.labels import Labels

Effects = Sequence[tuple[tuple[int, ...], Params]]


@dataclass(frozen=True)
class Drawn:
    """What a chain drew for n clips."""

    order: NDArray[np.int64]  # [steps], the steps in the order in which they are applied
    applied: NDArray[np.bool_]  # [steps, n], which clips a step changes
    params: tuple[Params | Drawn, ...]  # one a step, for the clips that it changes

    def clips(self, step: int) -> NDArray[np.int64]:
        return np.flatnonzero(self.applied[step])

    def of_clips(self, first: int, last: int) -> Drawn:
        """What clips first to last - 1 get, as that of a batch of these."""
        params = tuple(
            of_step.of_clips(int(applied[:first].sum()), int(applied[:last].sum()))
            for of_step, applied in zip(self.params, self.applied, strict=True)
        )
        return Drawn(self.order, self.applied[:, first:last], params)

    def effects(self, clip: int) -> Effects:
        """What one clip gets, one effect after the other: where it stands in the chain, and its settings.

        A place is the index of a step, or several: of a step, of one within it, and so on.
        """
        found: list[tuple[tuple[int, ...], Params]] = []
        for step in self.order.tolist():
            if not self.applied[step, clip]:
                continue
            params, within = self.params[step], int(self.applied[step, :clip].sum())
            if isinstance(params, Drawn):
                found += [((step, *place), inner) for place, inner in params.effects(within)]
            else:
                found.append(((step,), params.of_clip(within)))
        return found

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
    kind: type[Params | Drawn] = Drawn if values["kind"] == "Drawn" else discovery.params_class(values["kind"])
    return kind.from_dict(values)


class Chain:
    """Steps (effect, probability): each changes a random subset of the clips, in a random order if `shuffle`.

    A chain is an effect itself, so a chain within a chain gives some steps a fixed place.
    """

    def __init__(self, steps: Sequence[tuple[Effect[Any], float]], *, shuffle: bool) -> None:
        self.steps = tuple(steps)
        self.shuffle = shuffle

    @property
    def changes_length(self) -> bool:
        return any(effect.changes_length for effect, _ in self.steps)

    def effect_at(self, place: Sequence[int]) -> Effect[Any]:
        """The effect at a place as `Drawn.effects` gives it. Raises IndexError where there is none."""
        effect = self.steps[place[0]][0]
        if len(place) == 1:
            return effect
        if not isinstance(effect, Chain):
            raise IndexError(f"step {place[0]} has no steps within it")
        return effect.effect_at(place[1:])

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
        """x [batch, channel, time] with what was drawn for its clips; x itself stays as it is.

        Raises ValueError for a chain that changes the length of clips: those go through it one by one (`one_clip`).
        """
        if self.changes_length:
            raise ValueError("this chain changes the length of clips: they cannot stay in one batch")
        y = x.clone()
        for step in drawn.order:
            clips = drawn.clips(step)
            if len(clips):
                where = torch.as_tensor(clips, device=x.device)
                y[where] = self.steps[step][0].sound(y[where], drawn.params[step])
        return y

    def one_clip(self, x: Tensor, labels: Labels, effects: Effects) -> tuple[Tensor, Labels]:
        """x [1, channel, time] and its labels after effects as `Drawn.effects` gives them; the time may be another."""
        for place, params in effects:
            x = self.effect_at(place).sound(x, params)
        return x, self.labels_of_one_clip(labels, effects)

    def labels_of_one_clip(self, labels: Labels, effects: Effects) -> Labels:
        """The labels after the same."""
        for place, params in effects:
            labels = self.effect_at(place).labels(labels, params)
        return labels

    def labels(self, labels: Labels, drawn: Drawn) -> Labels:
        for step in drawn.order:
            clips = drawn.clips(step)
            if len(clips):
                labels = self._step_labels(labels, int(step), clips, drawn.params[step])
        return labels

    def _step_labels(self, labels: Labels, step: int, clips: NDArray[np.int64], params: Params | Drawn) -> Labels:
        """The step's own numbering counts only the clips that it changes."""
        tables = labels.tables()
        changed = [np.isin(table["clip"], clips) for table in tables]
        inner = Labels(*(table[rows] for table, rows in zip(tables, changed, strict=True)))
        for table in inner.tables():
            table["clip"] = np.searchsorted(clips, table["clip"])
        inner = self.steps[step][0].labels(inner, params)
        for table in inner.tables():
            table["clip"] = clips[table["clip"]]
        return Labels(*map(_with_rows, tables, changed, inner.tables()))


def _with_rows(table: NDArray[np.void], changed: NDArray[np.bool_], rows: NDArray[np.void]) -> NDArray[np.void]:
    """The table with other rows in place of the changed ones; where there are fewer of them, they stand last."""
    if len(rows) != int(changed.sum()):
        return np.concatenate([table[~changed], rows])
    table = table.copy()
    table[changed] = rows
    return table


class OneOf(Chain):
    """Alternatives (effect, probability), of which a clip gets one or, where they do not add up to one, none."""

    def __init__(self, steps: Sequence[tuple[Effect[Any], float]]) -> None:
        super().__init__(steps, shuffle=False)

    def _draw_applied(self, rng: np.random.Generator, n: int) -> NDArray[np.bool_]:
        ends = np.cumsum([p for _, p in self.steps])
        chosen = np.searchsorted(ends, rng.random(n), side="right")
        return np.asarray(chosen == np.arange(len(self.steps))[:, None], np.bool_)
