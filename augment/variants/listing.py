"""Lists all effects, engines and ranges for recipes: `mp3tomidi-augment apply --list`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import fields

from mp3tomidi.augment import recipe
from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.ranges import field_kinds


def lines() -> Iterator[str]:
    """Recipes, then effects with their parameters: what is drawn from by default, and what they may be."""
    yield "Recipes (--recipe NAME):"
    for name in recipe.shipped():
        yield f"  {name:22s}{recipe.load(name).description}"
    yield ""
    yield 'Effects (in a recipe of your own: [[steps]], effect = "NAME", share = 0 to 1, parameters):'
    for name in discovery.EFFECTS:
        yield f"  {name:18s}{_summary(name)}"
        if len(engines := discovery.engines(name)) > 1:
            yield f"      engine: {', '.join(_with_limits(name, engine) for engine in engines)}"
        ranges = discovery.ranges_class(name)
        kinds = field_kinds(ranges)
        for field in fields(ranges):
            limits = kinds[field.name][1]
            allowed = "" if limits is None else f"({limits.lowest:g} to {limits.highest:g})"
            yield f"      {field.name:26s}{_written(field.default):26s}{allowed}"


def _with_limits(name: str, engine: str) -> str:
    limits = discovery.engine_limits(name, engine)
    narrowed = "; ".join(f"{field} {of.lowest:g} to {of.highest:g}" for field, of in limits.items())
    return f"{engine} ({narrowed})" if narrowed else engine


def _summary(name: str) -> str:
    """The first sentence on the effect."""
    text = inspect.getdoc(inspect.getmodule(discovery.effect_class(name))) or ""
    return " ".join(text.split("\n\n")[0].split())


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return f"{value:g}" if isinstance(value, int | float) else f"{value!r}"
