"""The chain that networks are trained with, put together of all effects that say their place in it (`InTraining`)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.base import Effect, InTraining, Stage
from mp3tomidi.augment.effects.chains.chain import Chain, OneOf


def effect_shares(**changed: float) -> dict[str, float]:
    """The share of the clips, 0 to 1, that each effect of the training chain changes: its own, or the one given.

    Optional effects of share 0 are left out.

    Raises ValueError for a name that no effect of the chain has, and for what is no share.
    """
    return with_usual(changed)


def with_usual(shares: Mapping[str, float]) -> dict[str, float]:
    """The same, of a table such as a recipe's."""
    steps = {name: step for name, (_, step) in _steps().items() if step.stage != Stage.LEVEL}
    usual = {name: step.share for name, step in steps.items()}
    for name, share in shares.items():
        if name not in usual:
            near = difflib.get_close_matches(name, usual, 1, 0.0)
            raise ValueError(f"no effect of the training chain is called {name!r}; did you mean {near[0]!r}?")
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"{name} must be a share from 0 to 1, not {share}")
    complete = usual | dict(shares)
    complete = {name: share for name, share in complete.items() if share or not steps[name].optional}
    rooms = [name for name in complete if steps[name].stage == Stage.ROOM]
    if sum(complete[name] for name in rooms) > 1.0:
        given = " and ".join(f"{complete[name]}" for name in rooms)
        raise ValueError(f"{' and '.join(rooms)} are alternatives: {given} are more than all clips")
    return complete


def training_chain(sample_rate: int, shares: Mapping[str, float] | None = None) -> Chain:
    """What training uses, each step in its share of the clips; with the usual shares, the recipe `training`.

    First the instrument's tuning, then what happens in rooms and studios in any order, then what else sounds there,
    the recorder's noise, band and automatic gain, the file's bandwidth, its codec and its level. Rooms and optional
    effects of share 0 are left out.
    shares: by name, as `effect_shares` gives them. Raises ValueError as it does.
    """
    complete = with_usual(shares or {})
    stages: dict[Stage, list[tuple[Effect[Any], float]]] = {stage: [] for stage in Stage}
    for name, (effect, step) in _steps().items():
        share = complete.get(name, step.share)
        if share or not (step.optional or step.stage == Stage.ROOM):
            stages[step.stage].append((discovery.make(effect, sample_rate), share))
    studio = Chain([*stages[Stage.STUDIO], (OneOf(stages[Stage.ROOM]), 1.0)], shuffle=True)
    later = [step for stage in Stage if stage > Stage.ROOM for step in stages[stage]]
    return Chain([*stages[Stage.INSTRUMENT], (studio, 1.0), *later], shuffle=False)


@cache
def _steps() -> dict[str, tuple[str, InTraining]]:
    """Effects of the chain and their places in it, in its order, by the name of their share."""
    found = [(name, vars(discovery.effect_class(name)).get("training")) for name in discovery.EFFECTS]
    steps = [(effect, step) for effect, step in found if isinstance(step, InTraining)]
    ordered = sorted(steps, key=lambda entry: (entry[1].stage, entry[1].place, entry[0]))
    return {step.name or effect: (effect, step) for effect, step in ordered}
