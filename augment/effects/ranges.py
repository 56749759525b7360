"""Ranges of an effect's settings: frozen dataclasses whose numbers are checked against limits.

A recipe gives these fields by name; what it leaves out has the default, which is what training uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

Span = tuple[float, float]  # lowest and highest value that is drawn
WholeSpan = tuple[int, int]  # the same of whole numbers, both of them drawn
Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Limits:
    """Annotates a field of `Ranges`: what each of its numbers must keep to."""

    lowest: float
    highest: float


@dataclass(frozen=True)
class Ranges:
    """Base of the ranges. Making one raises ValueError for a number outside of its limits."""

    def __post_init__(self) -> None:
        for name, (kind, limits) in field_kinds(type(self)).items():
            if limits is not None:
                _check(name, getattr(self, name), limits, is_span=kind in (Span, WholeSpan))


def check_limits(ranges: Ranges, limits: Mapping[str, Limits]) -> None:
    """Raises ValueError for a number outside of limits that are narrower than those of its field."""
    for name, narrower in limits.items():
        _check(name, getattr(ranges, name), narrower, is_span=False)


def field_kinds(ranges: type[Ranges]) -> dict[str, tuple[Any, Limits | None]]:
    """The type and the limits of each field."""
    plain, annotated = get_type_hints(ranges), get_type_hints(ranges, include_extras=True)
    return {name: (plain[name], next(iter(getattr(annotated[name], "__metadata__", ())), None)) for name in plain}


def _check(name: str, value: Any, limits: Limits, *, is_span: bool) -> None:
    numbers = value if isinstance(value, tuple) else (value,)
    shown = list(numbers) if isinstance(value, tuple) else value
    if not all(limits.lowest <= number <= limits.highest for number in numbers):  # NaN is outside as well
        raise ValueError(f"{name} = {shown} is out of range: {limits.lowest:g} to {limits.highest:g}")
    if is_span and numbers[0] > numbers[1]:
        raise ValueError(f"{name} = {shown}: the lower end comes first")
