"""Checks the options of a job in a request, member by member."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mp3tomidi.serve.errors import RefusalError

_MISSING = object()


class Options:
    """Takes members out of a JSON object; `end` refuses what is left. All raise RefusalError (422)."""

    def __init__(self, given: object) -> None:
        if not isinstance(given, Mapping):
            raise RefusalError(422, "options must be an object")
        self._given = dict(given)

    def take(self, name: str, default: Any = _MISSING) -> Any:
        value = self._given.pop(name, None)
        if value is None:
            if default is _MISSING:
                raise RefusalError(422, f"{name} is missing")
            return default
        return value

    def text(self, name: str, default: Any = _MISSING, *, longest: int = 200) -> Any:
        value = self.take(name, default)
        if value is not default and not (isinstance(value, str) and 0 < len(value) <= longest):
            raise RefusalError(422, f"{name} must be a text of 1 to {longest} signs")
        return value

    def number(self, name: str, lowest: float, highest: float, default: Any = _MISSING) -> Any:
        value = self.take(name, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if value is not default and not (is_number and lowest <= value <= highest):
            raise RefusalError(422, f"{name} must be a number from {lowest:g} to {highest:g}")
        return value

    def whole(self, name: str, lowest: int, highest: int, default: Any = _MISSING) -> Any:
        value = self.take(name, default)
        if value is not default and not (type(value) is int and lowest <= value <= highest):
            raise RefusalError(422, f"{name} must be a whole number from {lowest} to {highest}")
        return value

    def choice(self, name: str, among: Sequence[str], default: Any = _MISSING) -> Any:
        value = self.take(name, default)
        if value is not default and value not in among:
            raise RefusalError(422, f"{name} must be one of {', '.join(among)}")
        return value

    def flag(self, name: str) -> bool:
        value = self.take(name, False)
        if not isinstance(value, bool):
            raise RefusalError(422, f"{name} must be true or false")
        return value

    def texts(self, name: str, *, most: int) -> list[str]:
        values = self.take(name, [])
        if not isinstance(values, list) or len(values) > most:
            raise RefusalError(422, f"{name} must be a list of up to {most} texts")
        if not all(isinstance(value, str) and 0 < len(value) <= 500 for value in values):
            raise RefusalError(422, f"{name} must be texts of 1 to 500 signs")
        return values

    def end(self) -> None:
        if self._given:
            raise RefusalError(422, f"there is no option {sorted(map(str, self._given))[0]!r}")
