"""Parses what TOML and JSON files hold into the dataclass that it is meant for, and checks it."""

from __future__ import annotations

import typing
from dataclasses import fields, is_dataclass
from typing import Any


class SettingsError(ValueError):
    """A setting that does not exist, or a value that it cannot have."""


def parse(kind: Any, value: Any, where: str) -> Any:
    """`value` as read from TOML or JSON, as an instance of the type `kind`. Raises SettingsError."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise SettingsError(f"{where} must be a table")
        hints = typing.get_type_hints(kind)
        unknown = set(value) - {f.name for f in fields(kind)}
        if unknown:
            raise SettingsError(f"{where or 'the top level'} has no setting {sorted(unknown)[0]!r}")
        made = {key: parse(hints[key], item, f"{where}.{key}".lstrip(".")) for key, item in value.items()}
        try:
            return kind(**made)  # type: ignore[operator]
        except (TypeError, ValueError) as error:  # a setting without a default is missing, or a value makes no sense
            raise SettingsError(f"{where or 'the top level'}: {error}") from error
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise SettingsError(f"{where} must be a list")
        inner = arguments[0] if arguments[-1] is Ellipsis else None
        kinds = [inner] * len(value) if inner else arguments
        if len(kinds) != len(value):
            raise SettingsError(f"{where} must have {len(kinds)} values, not {len(value)}")
        return tuple(parse(k, item, f"{where}[]") for k, item in zip(kinds, value, strict=True))
    if origin is dict:
        return {str(key): parse(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SettingsError(f"{where} must be of type {kind.__name__}, not {value!r}")
    return value
